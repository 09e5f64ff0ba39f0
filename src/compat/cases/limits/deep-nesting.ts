import type { CompatCase } from '../../compat-case.ts';
import { expectQuickRefusal } from '../../endurance.ts';
import { pass } from '../../verdict.ts';

export const deepNesting: CompatCase = {
  name: 'deep-nesting',
  group: 'limits',
  title: 'A body of 100,000 brackets is refused at once',
  contract: 'messages-api §8',
  evidence: 'recall',
  alone: true,
  async run(target) {
    const body = `{"model":"x","max_tokens":1,"messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    await expectQuickRefusal(target, body);
    return pass;
  },
};
