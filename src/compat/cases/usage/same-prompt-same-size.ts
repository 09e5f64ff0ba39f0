import type { CompatCase } from '../../compat-case.ts';
import { longSentence, promptTokensOf } from '../../prompt-size.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** input_tokens is the uncached rest: with the cache figures it makes the whole. */
export const samePromptSameSize: CompatCase = {
  name: 'same-prompt-same-size',
  group: 'usage',
  title: 'The same prompt twice has one size, cached or not',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const fields = { system: longSentence.repeat(3), max_tokens: 1 };
    const [first, second] = [await answer(target, fields), await answer(target, fields)];
    const [one, other] = [promptTokensOf(first), promptTokensOf(second)];
    expect(one === other && one > 0, `${one} tokens again`, `${other}: ${quote(second.usage)}`);
    return pass;
  },
};
