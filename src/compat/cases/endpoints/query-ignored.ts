import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code and the older SDKs send it. */
export const queryIgnored: CompatCase = {
  name: 'query-ignored',
  group: 'endpoints',
  title: '?beta=true behind the path changes nothing',
  contract: 'messages-api §0',
  evidence: 'measured-client',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { path: '/v1/messages?beta=true' });
    return pass;
  },
};
