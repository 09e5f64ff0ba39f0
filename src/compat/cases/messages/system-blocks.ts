import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, text } from '../../vocabulary.ts';

export const systemBlocks: CompatCase = {
  name: 'system-blocks',
  group: 'messages',
  title: 'A system prompt may be text blocks, and each is read',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    const one = await answer(target, { max_tokens: 1, system: [text('Be brief.')] });
    const two = await answer(target, { max_tokens: 1, system: [text('Be brief.'), text(longSentence)] });
    expectLonger(two, one);
    return pass;
  },
};
