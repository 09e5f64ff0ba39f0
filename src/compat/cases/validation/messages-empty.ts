import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const messagesEmpty: CompatCase = {
  name: 'messages-empty',
  group: 'validation',
  title: 'An empty list of messages is refused',
  contract: 'messages-api §8.1',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { messages: [] }, { message: /message/i });
    return pass;
  },
};
