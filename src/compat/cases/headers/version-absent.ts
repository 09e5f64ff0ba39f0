import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const versionAbsent: CompatCase = {
  name: 'version-absent',
  group: 'headers',
  title: 'A request without anthropic-version is served, or refused by naming the header',
  contract: 'messages-api §2',
  evidence: 'recall',
  refusable: /anthropic-version/i,
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers: { 'anthropic-version': '' } });
    return pass;
  },
};
