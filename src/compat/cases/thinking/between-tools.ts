import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const betweenTools: CompatCase = {
  name: 'between-tools',
  group: 'thinking',
  title: 'thinking {type: between_tools} is accepted',
  contract: 'messages-api §4.6',
  evidence: 'sdk-types',
  async run(target) {
    await answer(target, { thinking: { type: 'between_tools' }, max_tokens: 1 });
    return pass;
  },
};
