import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const bodyNotObject: CompatCase = {
  name: 'body-not-object',
  group: 'validation',
  title: 'A body that is a list is a 400',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    expectRefusal(await send(target, { body: '[]' }));
    return pass;
  },
};
