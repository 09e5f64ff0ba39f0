import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const serviceTier: CompatCase = {
  name: 'service-tier',
  group: 'messages',
  title: 'service_tier is accepted',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  async run(target) {
    for (const service_tier of ['auto', 'standard_only']) await answer(target, { service_tier, max_tokens: 1 });
    return pass;
  },
};
