import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { assistant, refuse, user } from '../../vocabulary.ts';

export const prefillWhitespace: CompatCase = {
  name: 'prefill-whitespace',
  group: 'validation',
  title: 'A prefill that ends in white space is refused',
  contract: 'messages-api §8.1',
  evidence: 'recall',
  async run(target) {
    const messages = [user('Count from 1 to 9.'), assistant('1, 2, ')];
    await refuse(target, { messages }, { message: /whitespace|prefill|assistant|user message/ });
    return pass;
  },
};
