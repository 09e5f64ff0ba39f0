import type { CompatCase } from '../../compat-case.ts';
import { expectLonger, longSentence } from '../../prompt-size.ts';
import { pass } from '../../verdict.ts';
import { answer, user } from '../../vocabulary.ts';

export const promptCounted: CompatCase = {
  name: 'prompt-counted',
  group: 'usage',
  title: 'A longer prompt counts for more',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const asked = (words: string) => ({ messages: [user(words)], max_tokens: 1 });
    expectLonger(await answer(target, asked(longSentence)), await answer(target, asked('Hi')));
    return pass;
  },
};
