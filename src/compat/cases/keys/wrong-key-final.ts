import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { ask } from '../../vocabulary.ts';

/** Claude Code tries a plain 401 ten times. */
export const wrongKeyFinal: CompatCase = {
  name: 'wrong-key-final',
  group: 'keys',
  title: 'A 401 says x-should-retry: false',
  contract: 'messages-api §8',
  evidence: 'measured-client',
  needs: 'keys',
  async run(target) {
    const reply = await ask(target, {}, { headers: { 'x-api-key': 'sk-ant-api03-not-a-key' } });
    const seen = reply.headers.get('x-should-retry');
    expect(reply.status === 401, 'status 401', `status ${reply.status}`);
    expect(seen !== 'true', 'x-should-retry false', quote(seen));
    return seen === 'false' ? pass : degraded('no x-should-retry: Claude Code will try ten times');
  },
};
