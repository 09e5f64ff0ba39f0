import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code sends fields that no public SDK has. */
export const unknownFields: CompatCase = {
  name: 'unknown-fields',
  group: 'messages',
  title: 'Fields nobody knows are ignored, or refused by name',
  contract: 'messages-api §4',
  evidence: 'measured-client',
  refusable: /extra inputs|unknown|unrecognized|unexpected|safeguards/i,
  async run(target) {
    await answer(target, { safeguards: [{ type: 'dangerous_tool_use' }], max_tokens: 1 });
    return pass;
  },
};
