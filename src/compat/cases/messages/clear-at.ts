import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, user } from '../../vocabulary.ts';

export const clearAt: CompatCase = {
  name: 'clear-at',
  group: 'messages',
  title: 'A system message with clear_at: next_user_message is gone in later turns',
  contract: 'messages-api §4.3',
  evidence: 'sdk-types',
  refusable: /clear_at/,
  async run(target) {
    const asked = (clear_at: string) => {
      const reminder = { role: 'system', content: longSentence, clear_at };
      return { max_tokens: 1, messages: [user('Hello'), reminder, assistant('Hello!'), user('Count from 1 to 9.')] };
    };
    const kept = await answer(target, asked('never'));
    expectLonger(kept, await answer(target, asked('next_user_message')));
    return pass;
  },
};
