import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Every release of Claude Code brings new ones. */
export const unknownBetas: CompatCase = {
  name: 'unknown-betas',
  group: 'headers',
  title: 'Unknown values of anthropic-beta are ignored',
  contract: 'messages-api §2',
  evidence: 'measured-client',
  async run(target) {
    const headers = { 'anthropic-beta': 'effort-2025-11-24,never-heard-of-2031-01-01' };
    await answer(target, { max_tokens: 1 }, { headers });
    return pass;
  },
};
