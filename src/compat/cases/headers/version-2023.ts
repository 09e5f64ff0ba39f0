import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const version2023: CompatCase = {
  name: 'version-2023',
  group: 'headers',
  title: 'anthropic-version 2023-06-01 is served',
  contract: 'messages-api §0',
  evidence: 'measured-client',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers: { 'anthropic-version': '2023-06-01' } });
    return pass;
  },
};
