import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, user } from '../../vocabulary.ts';

export const severalTurns: CompatCase = {
  name: 'several-turns',
  group: 'messages',
  title: 'Earlier turns are read',
  contract: 'messages-api §4.3',
  evidence: 'sdk-types',
  async run(target) {
    const last = user('Count from 1 to 9.');
    const bare = await answer(target, { max_tokens: 1, messages: [last] });
    const messages = [user(longSentence), assistant('I see.'), last];
    expectLonger(await answer(target, { max_tokens: 1, messages }), bare);
    return pass;
  },
};
