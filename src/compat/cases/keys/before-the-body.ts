import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { saidBy } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const beforeTheBody: CompatCase = {
  name: 'before-the-body',
  group: 'keys',
  title: 'The key is looked at before the body',
  contract: 'messages-api §8',
  evidence: 'recall',
  needs: 'keys',
  async run(target) {
    const reply = await send(target, { body: '{"model": ', headers: { 'x-api-key': '' } });
    expect(reply.status === 401, 'status 401', `status ${reply.status}: ${saidBy(reply)}`);
    return pass;
  },
};
