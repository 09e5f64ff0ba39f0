import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectAnswered, request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const optionsAccepted: CompatCase = {
  name: 'options-accepted',
  group: 'counting',
  title: 'Everything a request may carry may be counted, tools: [] and ?beta=true included',
  contract: 'messages-api §9',
  evidence: 'sdk-types',
  needs: 'counting',
  async run(target) {
    const fields = {
      tools: [],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
      context_management: { edits: [] },
    };
    const body = request(target, { ...fields, max_tokens: undefined });
    expectAnswered(await send(target, { path: '/v1/messages/count_tokens?beta=true', body }));
    return pass;
  },
};
