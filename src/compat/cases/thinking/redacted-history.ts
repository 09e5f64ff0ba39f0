import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, text, user } from '../../vocabulary.ts';

export const redactedHistory: CompatCase = {
  name: 'redacted-history',
  group: 'thinking',
  title: 'A redacted thinking block in the history is accepted',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const block = { type: 'redacted_thinking', data: 'b3BhcXVl' };
    await answer(target, {
      messages: [user('What is 3 + 4?'), assistant([block, text('7.')]), user('Thanks')],
      max_tokens: 1,
    });
    return pass;
  },
};
