import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const bodyEmpty: CompatCase = {
  name: 'body-empty',
  group: 'validation',
  title: 'An empty body is a 400',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    expectRefusal(await send(target, { method: 'POST', body: '' }));
    return pass;
  },
};
