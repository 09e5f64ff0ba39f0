import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const jsonBroken: CompatCase = {
  name: 'json-broken',
  group: 'validation',
  title: 'A body that is no JSON is a 400',
  contract: 'messages-api §8',
  evidence: 'recorded',
  async run(target) {
    expectRefusal(await send(target, { body: '{"model": "x", "messages": [' }), { message: /json|pars|expect/i });
    return pass;
  },
};
