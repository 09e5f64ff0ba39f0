import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, user } from '../../vocabulary.ts';

export const consecutiveTurns: CompatCase = {
  name: 'consecutive-turns',
  group: 'messages',
  title: 'Consecutive messages of one role are taken together, not refused',
  contract: 'messages-api §4.3',
  evidence: 'sdk-types',
  async run(target) {
    const bare = await answer(target, { max_tokens: 1, messages: [user('Hello')] });
    const messages = [user('Hello'), user(longSentence), user('Count from 1 to 9.')];
    expectLonger(await answer(target, { max_tokens: 1, messages }), bare);
    return pass;
  },
};
