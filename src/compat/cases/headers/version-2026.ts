import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** The SDKs since 1.0 send it. */
export const version2026: CompatCase = {
  name: 'version-2026',
  group: 'headers',
  title: 'anthropic-version 2026-10-21 is served',
  contract: 'messages-api §0',
  evidence: 'sdk-types',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers: { 'anthropic-version': '2026-10-21' } });
    return pass;
  },
};
