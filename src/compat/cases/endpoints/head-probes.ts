import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass } from '../../verdict.ts';
import { send } from '../../wire/send.ts';

/** Claude Code probes them before its first request, and ignores the answer. */
export const headProbes: CompatCase = {
  name: 'head-probes',
  group: 'endpoints',
  title: 'HEAD / and HEAD /api/hello are answered 200, without a key',
  contract: 'messages-api §1',
  evidence: 'measured-client',
  async run(target) {
    for (const path of ['/', '/api/hello']) {
      const reply = await send(target, { method: 'HEAD', path, headers: { 'x-api-key': '' } });
      expect(reply.status < 500, 'an answer below 500', `status ${reply.status} to HEAD ${path}`);
      if (reply.status !== 200) return degraded(`HEAD ${path} is answered ${reply.status}, which clients ignore`);
    }
    return pass;
  },
};
