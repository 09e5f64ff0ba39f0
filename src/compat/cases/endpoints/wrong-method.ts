import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const wrongMethod: CompatCase = {
  name: 'wrong-method',
  group: 'endpoints',
  title: 'GET /v1/messages is a 405 or a 404',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    expectRefusal(await send(target), { status: [404, 405] });
    return pass;
  },
};
