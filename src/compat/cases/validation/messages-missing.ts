import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const messagesMissing: CompatCase = {
  name: 'messages-missing',
  group: 'validation',
  title: 'A request without messages is refused by name',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    await refuse(target, { messages: undefined }, { message: /messages/ });
    return pass;
  },
};
