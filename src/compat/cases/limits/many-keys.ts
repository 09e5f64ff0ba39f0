import type { CompatCase } from '../../compat-case.ts';
import { expectAlive, slowMs } from '../../endurance.ts';
import { expect, pass } from '../../verdict.ts';
import { request, saidBy } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const manyKeys: CompatCase = {
  name: 'many-keys',
  group: 'limits',
  title: '100,000 keys in one object neither break nor block the server',
  contract: 'messages-api §8',
  evidence: 'recall',
  alone: true,
  async run(target) {
    const keys = Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join();
    const body = JSON.stringify(request(target, { max_tokens: 1 })).replace(/}$/, `,"metadata":{${keys}}}`);
    const startedMs = performance.now();
    const reply = await send(target, { body });
    expect(reply.status < 500, 'an answer below 500', `status ${reply.status}: ${saidBy(reply)}`);
    const tookMs = Math.round(performance.now() - startedMs);
    expect(tookMs < slowMs, `an answer within ${slowMs} ms`, `${tookMs} ms`);
    await expectAlive(target);
    return pass;
  },
};
