import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const validates: CompatCase = {
  name: 'validates',
  group: 'counting',
  title: 'A count without messages is refused by name',
  contract: 'messages-api §9',
  evidence: 'sdk-types',
  needs: 'counting',
  async run(target) {
    const path = '/v1/messages/count_tokens';
    await refuse(target, { messages: undefined, max_tokens: undefined }, { message: /messages/ }, { path });
    return pass;
  },
};
