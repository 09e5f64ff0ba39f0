import type { CompatCase } from '../../compat-case.ts';
import { likelyStops } from '../../stop-words.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code sends 32,000 to 128,000 to any model. */
export const maxTokensHuge: CompatCase = {
  name: 'max-tokens-huge',
  group: 'messages',
  title: 'A max_tokens beyond what the model can is lowered, not refused',
  contract: 'messages-api §4.1',
  evidence: 'measured-client',
  async run(target) {
    const message = await answer(target, { max_tokens: 128_000, stop_sequences: likelyStops });
    expect(typeof message.stop_reason === 'string', 'an answer', quote(message));
    return pass;
  },
};
