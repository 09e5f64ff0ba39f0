import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const effort: CompatCase = {
  name: 'effort',
  group: 'thinking',
  title: 'output_config.effort is accepted, every word of it',
  contract: 'messages-api §4.1',
  evidence: 'measured-client',
  async run(target) {
    for (const effort of ['low', 'medium', 'high', 'xhigh', 'max']) {
      await answer(target, { output_config: { effort }, max_tokens: 1 });
    }
    return pass;
  },
};
