import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, textOf } from '../../vocabulary.ts';

export const maxTokensZero: CompatCase = {
  name: 'max-tokens-zero',
  group: 'messages',
  title: 'max_tokens: 0 reads the prompt and generates nothing',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  refusable: /max_tokens/,
  async run(target) {
    const { usage, content } = await answer(target, { max_tokens: 0 });
    expect(textOf({ content }) === '', 'no text', quote(content));
    expect((usage?.output_tokens ?? 0) === 0, 'output_tokens 0', quote(usage));
    return pass;
  },
};
