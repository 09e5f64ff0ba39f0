import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const maxTokensMissing: CompatCase = {
  name: 'max-tokens-missing',
  group: 'validation',
  title: 'A request without max_tokens is refused by name',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    await refuse(target, { max_tokens: undefined }, { message: /max_tokens/ });
    return pass;
  },
};
