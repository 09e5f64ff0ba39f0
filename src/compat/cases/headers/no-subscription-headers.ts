import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

/** They switch on Claude Code's handling of subscriptions. */
export const noSubscriptionHeaders: CompatCase = {
  name: 'no-subscription-headers',
  group: 'headers',
  title: 'No anthropic-ratelimit-unified headers are sent',
  contract: 'messages-api §3',
  evidence: 'measured-client',
  async run(target) {
    const { headers } = await ask(target, { max_tokens: 1 });
    const sent = [...headers.keys()].filter((name) => name.startsWith('anthropic-ratelimit-unified'));
    expect(sent.length === 0, 'none', quote(sent));
    return pass;
  },
};
