import type { CompatCase } from '../../compat-case.ts';
import { expect, notApplicable, pass, quote } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const rateLimitForm: CompatCase = {
  name: 'rate-limit-form',
  group: 'headers',
  title: 'Rate limit headers, where there are any, are integers and RFC 3339 times',
  contract: 'messages-api §3',
  evidence: 'recorded',
  async run(target) {
    const { headers } = await ask(target, { max_tokens: 1 });
    const sent = [...headers].filter(([name]) => /^anthropic-ratelimit-(?!unified)/.test(name));
    for (const [name, value] of sent) {
      const form = name.endsWith('-reset') ? rfc3339 : /^\d+$/;
      expect(form.test(value), `${name} that matches ${form}`, quote(value));
    }
    return sent.length > 0 ? pass : notApplicable('none are sent');
  },
};
