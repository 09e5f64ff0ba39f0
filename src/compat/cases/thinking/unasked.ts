import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, blocks, textOf, user } from '../../vocabulary.ts';

export const unasked: CompatCase = {
  name: 'unasked',
  group: 'thinking',
  title: 'Without being asked, thinking is not shown',
  contract: 'messages-api §4.6',
  evidence: 'recorded',
  async run(target) {
    const message = await answer(target, { messages: [user('What is 3 + 4?')], max_tokens: 64 });
    expect(blocks(message, 'thinking').length === 0, 'no thinking block', quote(message.content));
    expect(!/<\/?think/.test(textOf(message)), 'no thinking in the text', quote(textOf(message)));
    return pass;
  },
};
