import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const choiceWithoutTools: CompatCase = {
  name: 'choice-without-tools',
  group: 'validation',
  title: 'tool_choice any needs tools',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    await refuse(target, { tool_choice: { type: 'any' } }, { message: /tool/i });
    return pass;
  },
};
