/** A request that is given up while its offer waits for a line that carries nothing does not travel over it afterwards. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { ask, readJson, turn } from '../../test/support/ask.ts';
import { bareAgent, bareTickets } from '../../test/support/bare-agent.ts';
import { until } from '../../test/support/processes.ts';
import { fakeAnswer, fakeModel, startTestYard } from '../../test/support/test-yard.ts';
import { troubledNetwork } from '../../test/support/troubled-network.ts';
import type { ReadyModel } from '../agent/ready-model.ts';
import { machineIdentity } from '../transport/identity/machine-identity.ts';

const patienceMs = 30_000;
const bodyBytes = 6 * 1024 * 1024;
const model = { ...fakeModel, window: 100_000_000 };
const ready: ReadyModel = {
  slots: model.slots,
  count: async () => ({ tokens: 10 }),
  prepare: async () => ({
    ok: true,
    answer: {
      ...{ promptTokens: 10, window: model.window, maxTokens: 100 },
      async *generate() {
        yield fakeAnswer;
      },
    },
  }),
};

test('6 MB that a client has given up do not travel, and do not stand in the way of what comes after them', async () => {
  await using yard = await startTestYard();
  await using network = await troubledNetwork(yard.gateway.url);
  const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
  await yard.store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
  await using machine = bareAgent({
    ...{ gatewayUrl: network.url, trust: {}, identity, name: 'box', models: () => [model] },
    tickets: bareTickets(() => ready),
  });
  await machine.next('linked to the gateway');
  const gateway = { url: yard.gateway.url, key: yard.key };
  const large = turn(model.id, 'x'.repeat(bodyBytes));
  // The first one starts the thread that reads large bodies.
  await readJson(await ask(gateway, large));

  network.stall();
  const leaving = new AbortController();
  const asked = ask(gateway, large, { signal: leaving.signal });
  await until('it is offered', patienceMs, async () => {
    const headers = { authorization: `Bearer ${yard.adminToken}` };
    const status = await (await fetch(new URL('/metalyard/status', yard.gateway.url), { headers })).json();
    return (status as { machines: { tickets: number }[] }).machines[0]?.tickets === 1;
  });
  leaving.abort();
  await assert.rejects(asked);
  await until('it has ended', patienceMs, () => yard.gateway.activeRequests === 0);
  const before = network.deliveredBytes;
  network.heal();
  await readJson(await ask(gateway, turn(model.id, 'Hello again')));
  const mb = (network.deliveredBytes - before) / 1024 / 1024;
  // No more than may be on its way unconfirmed.
  assert.ok(mb < 2, `${mb.toFixed(1)} MB travelled`);
});
