import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { count } from '../../vocabulary.ts';

export const answers: CompatCase = {
  name: 'answers',
  group: 'counting',
  title: 'count_tokens answers {input_tokens: N}',
  contract: 'messages-api §9',
  evidence: 'sdk-types',
  refusable: /count_tokens|not found|nothing is served|not (supported|available)/i,
  async run(target) {
    const tokens = await count(target);
    expect(tokens > 0, 'a count', `${tokens}`);
    return pass;
  },
};
