import type { CompatCase } from '../../compat-case.ts';
import { longAnswer } from '../../stop-words.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const outputWithinLimit: CompatCase = {
  name: 'output-within-limit',
  group: 'usage',
  title: 'No more tokens come out than max_tokens',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    for (const max_tokens of [1, 5, 20]) {
      const { usage } = await answer(target, { ...longAnswer, max_tokens });
      const seen = usage?.output_tokens;
      expect(seen >= 1 && seen <= max_tokens, `1 to ${max_tokens} output tokens`, quote(seen));
    }
    return pass;
  },
};
