import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { request, saidBy } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const loneSurrogate: CompatCase = {
  name: 'lone-surrogate',
  group: 'limits',
  title: 'Half of a surrogate pair in a text breaks nothing',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const body = JSON.stringify(request(target, { max_tokens: 1 })).replace('Count', String.raw`\ud800`);
    const reply = await send(target, { body });
    expect(reply.status < 500, 'an answer below 500', `status ${reply.status}: ${saidBy(reply)}`);
    return pass;
  },
};
