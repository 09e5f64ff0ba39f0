import type { CompatCase } from '../../compat-case.ts';
import { thinking, thinkingMessage, thinkingTokens } from '../../samples.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, user } from '../../vocabulary.ts';

export const sentBack: CompatCase = {
  name: 'sent-back',
  group: 'thinking',
  title: 'An answer with thinking goes back into the conversation as it came',
  contract: 'messages-api §4.2',
  evidence: 'measured-client',
  refusable: /thinking/i,
  async run(target) {
    const { content } = await thinkingMessage(target);
    const messages = [user('What is 3 + 4?'), assistant(content), user('Thanks')];
    await answer(target, { messages, thinking, max_tokens: thinkingTokens });
    return pass;
  },
};
