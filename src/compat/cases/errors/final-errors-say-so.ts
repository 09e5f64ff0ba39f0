import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

export const finalErrorsSaySo: CompatCase = {
  name: 'final-errors-say-so',
  group: 'errors',
  title: 'A 400 does not ask to be tried again',
  contract: 'messages-api §3',
  evidence: 'recorded',
  async run(target) {
    const { status, headers } = await ask(target, { messages: undefined });
    const seen = headers.get('x-should-retry');
    expect(status === 400 && seen !== 'true', 'a 400 with x-should-retry false', `status ${status}, ${quote(seen)}`);
    return seen === 'false' ? pass : degraded('x-should-retry is not sent');
  },
};
