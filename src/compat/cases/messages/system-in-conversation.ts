import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

/** Claude Code sends one as the second message of every request. */
export const systemInConversation: CompatCase = {
  name: 'system-in-conversation',
  group: 'messages',
  title: 'A message of role system inside the conversation is read',
  contract: 'messages-api §4.3',
  evidence: 'measured-client',
  async run(target) {
    const question = user('Count from 1 to 9.');
    const bare = await answer(target, { max_tokens: 1, messages: [question] });
    const reminder = { role: 'system', content: [text(longSentence)] };
    expectLonger(await answer(target, { max_tokens: 1, messages: [question, reminder] }), bare);
    return pass;
  },
};
