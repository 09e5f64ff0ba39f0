import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const duplicateKeys: CompatCase = {
  name: 'duplicate-keys',
  group: 'limits',
  title: 'A key that stands twice breaks nothing',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const body = JSON.stringify(request(target)).replace(/}$/, ',"max_tokens":1}');
    const reply = await send(target, { body });
    expect(reply.status === 200 || reply.status === 400, 'status 200 or 400', `status ${reply.status}`);
    return pass;
  },
};
