import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { ask, expectRefusal } from '../../vocabulary.ts';

export const earlyErrorsAreStatuses: CompatCase = {
  name: 'early-errors-are-statuses',
  group: 'streaming',
  title: 'What is wrong with a request is a 400, not a stream',
  contract: 'messages-api §6',
  evidence: 'recorded',
  async run(target) {
    const reply = await ask(target, { stream: true, max_tokens: undefined });
    expectRefusal(reply, { message: /max_tokens/ });
    return pass;
  },
};
