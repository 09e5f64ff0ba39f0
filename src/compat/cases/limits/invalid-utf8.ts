import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectRefusal, request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const invalidUtf8: CompatCase = {
  name: 'invalid-utf8',
  group: 'limits',
  title: 'A body that is no UTF-8 is a 400',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const whole = Buffer.from(JSON.stringify(request(target, { max_tokens: 1 })));
    const body = Buffer.from(whole.toString('latin1').replace('Count', '\xff\xfe'), 'latin1');
    expectRefusal(await send(target, { body }));
    return pass;
  },
};
