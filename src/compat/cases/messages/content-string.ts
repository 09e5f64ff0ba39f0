import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, user } from '../../vocabulary.ts';

export const contentString: CompatCase = {
  name: 'content-string',
  group: 'messages',
  title: 'The content of a message may be a string',
  contract: 'messages-api §4.3',
  evidence: 'sdk-types',
  async run(target) {
    await answer(target, { messages: [user('Hello')], max_tokens: 4 });
    return pass;
  },
};
