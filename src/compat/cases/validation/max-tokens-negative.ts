import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const maxTokensNegative: CompatCase = {
  name: 'max-tokens-negative',
  group: 'validation',
  title: 'A negative max_tokens is refused by name',
  contract: 'messages-api §4.1',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { max_tokens: -1 }, { message: /max_tokens/ });
    return pass;
  },
};
