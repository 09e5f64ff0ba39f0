import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Not in the types of 2026-10-21 any more, and still sent by everyone else. */
export const samplingOptions: CompatCase = {
  name: 'sampling-options',
  group: 'messages',
  title: 'temperature, top_p and top_k are accepted',
  contract: 'messages-api §4.1',
  evidence: 'recorded',
  async run(target) {
    await answer(target, { temperature: 0.5, max_tokens: 1 });
    await answer(target, { top_p: 0.9, max_tokens: 1 });
    await answer(target, { top_k: 10, max_tokens: 1 });
    return pass;
  },
};
