import type { CompatCase } from '../../compat-case.ts';
import { longAnswer } from '../../stop-words.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const maxTokensReason: CompatCase = {
  name: 'max-tokens-reason',
  group: 'response',
  title: 'An answer cut by max_tokens says so',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const { stop_reason } = await answer(target, { ...longAnswer, max_tokens: 3 });
    expect(stop_reason === 'max_tokens', 'stop_reason max_tokens', quote(stop_reason));
    return pass;
  },
};
