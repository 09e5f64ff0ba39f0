import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code sends it to models it does not know. */
export const adaptive: CompatCase = {
  name: 'adaptive',
  group: 'thinking',
  title: 'thinking {type: adaptive} is accepted, with every display',
  contract: 'messages-api §4.6',
  evidence: 'measured-client',
  async run(target) {
    for (const display of [undefined, 'summarized', 'omitted', 'updates']) {
      await answer(target, { thinking: { type: 'adaptive', display }, max_tokens: 16 });
    }
    return pass;
  },
};
