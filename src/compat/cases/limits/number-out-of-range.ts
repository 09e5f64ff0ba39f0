import type { CompatCase } from '../../compat-case.ts';
import { likelyStops } from '../../stop-words.ts';
import { expect, pass } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

export const numberOutOfRange: CompatCase = {
  name: 'number-out-of-range',
  group: 'limits',
  title: 'Numbers beyond all measure are a 400, or lowered',
  contract: 'messages-api §4.1',
  evidence: 'recall',
  async run(target) {
    for (const max_tokens of [1e30, Number.MAX_SAFE_INTEGER]) {
      const reply = await ask(target, { max_tokens, stop_sequences: likelyStops });
      expect(reply.status === 200 || reply.status === 400, 'status 200 or 400', `status ${reply.status}`);
    }
    return pass;
  },
};
