import type { CompatCase } from '../../compat-case.ts';
import { expectLonger } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, text, user } from '../../vocabulary.ts';

export const contentBlocks: CompatCase = {
  name: 'content-blocks',
  group: 'messages',
  title: 'The content of a message may be text blocks, and each is read',
  contract: 'messages-api §4.2',
  evidence: 'sdk-types',
  async run(target) {
    const one = await answer(target, { messages: [user([text('One two three four.')])], max_tokens: 1 });
    const blocksOfText = [text('One two three four.'), text('Five six seven eight.')];
    const two = await answer(target, { messages: [user(blocksOfText)], max_tokens: 1 });
    expectLonger(two, one);
    return pass;
  },
};
