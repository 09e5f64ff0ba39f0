import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const unknown: CompatCase = {
  name: 'unknown',
  group: 'models',
  title: 'GET /v1/models/ID of an unknown model is a 404',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const reply = await send(target, { path: '/v1/models/no-such-model' });
    expectRefusal(reply, { status: 404, type: 'not_found_error', message: /model/ });
    return pass;
  },
};
