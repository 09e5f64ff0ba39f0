import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const everywhere: CompatCase = {
  name: 'everywhere',
  group: 'keys',
  title: 'Models and token counting ask for the key as well',
  contract: 'messages-api §1',
  evidence: 'recall',
  needs: 'keys',
  async run(target) {
    for (const path of ['/v1/models', '/v1/messages/count_tokens']) {
      const body = path === '/v1/models' ? {} : { body: request(target, { max_tokens: undefined }) };
      const reply = await send(target, { path, headers: { 'x-api-key': '' }, ...body });
      expect([401, 404].includes(reply.status), `status 401 at ${path}`, `status ${reply.status}`);
    }
    return pass;
  },
};
