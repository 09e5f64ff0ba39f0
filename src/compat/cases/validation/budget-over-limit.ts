import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const budgetOverLimit: CompatCase = {
  name: 'budget-over-limit',
  group: 'validation',
  title: 'A thinking budget must be less than max_tokens',
  contract: 'messages-api §8.1',
  evidence: 'recall',
  async run(target) {
    const thinking = { type: 'enabled', budget_tokens: 2_000 };
    await refuse(target, { thinking, max_tokens: 2_000 }, { message: /max_tokens|budget_tokens/ });
    return pass;
  },
};
