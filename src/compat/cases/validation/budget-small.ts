import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const budgetSmall: CompatCase = {
  name: 'budget-small',
  group: 'validation',
  title: 'A thinking budget under 1,024 is refused',
  contract: 'messages-api §8.1',
  evidence: 'recorded',
  async run(target) {
    const thinking = { type: 'enabled', budget_tokens: 100 };
    await refuse(target, { thinking, max_tokens: 2_000 }, { message: /budget_tokens.*1024|1024/ });
    return pass;
  },
};
