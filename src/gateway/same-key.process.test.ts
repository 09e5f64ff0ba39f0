/** Two programs show the key of one machine: a disk was copied, or the key was stolen. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { startTestYard, type TestYard } from '../../test/support/test-yard.ts';
import type { GatewayStatus } from '../cli/gateway-record.ts';
import { readGatewayMessage } from '../contract/link/messages.ts';
import { nowMs } from '../transport/clock.ts';
import { loadMachineIdentity, type MachineIdentity } from '../transport/identity/machine-identity.ts';
import { createDialler } from '../transport/link/dial.ts';

async function admit({ store, directory }: TestYard): Promise<MachineIdentity> {
  const identity = loadMachineIdentity(join(directory, 'box.key'));
  await store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
  return identity;
}

const start = ({ gateway }: TestYard, identity: MachineIdentity, program: string) =>
  bareAgent({ gatewayUrl: gateway.url, trust: {}, identity, name: 'box', program });

async function statusOf({ gateway, adminToken }: TestYard): Promise<GatewayStatus> {
  const headers = { authorization: `Bearer ${adminToken}` };
  return (await (await fetch(`${gateway.url}/metalyard/status`, { headers })).json()) as GatewayStatus;
}

test('the first stays, the second is refused and the owner is told; when the first leaves, another is in at once', async () => {
  await using yard = await startTestYard();
  const identity = await admit(yard);
  await using first = start(yard, identity, 'first');
  await first.next('linked to the gateway');
  const [session] = (await statusOf(yard)).machines;

  await using second = start(yard, identity, 'second');
  const { fields } = await second.next('not linked to the gateway');
  assert.match(String(fields.why), /^Another program uses the key of box and is linked\./);
  assert.equal(fields.retryMs, 30_000);
  await second.close();
  const after = await statusOf(yard);
  assert.deepEqual(after.machines, [session], 'the first has noticed nothing');
  const told = after.findings.filter(({ code }) => code === 'machine-key-shared');
  assert.deepEqual(
    told.map(({ name, seen }) => [name, seen]),
    [['box', 'While the machine was linked another program came from 127.0.0.1 with the same key.']],
  );

  await first.close();
  const startedMs = performance.now();
  await using third = start(yard, identity, 'third');
  await third.next('linked to the gateway');
  assert.ok(performance.now() - startedMs < 2_000);
  await third.close();
});

test('a program that does not answer any more leaves its place to the next within seconds', async () => {
  await using yard = await startTestYard();
  const identity = await admit(yard);
  const welcomed = Promise.withResolvers<void>();
  const dial = createDialler({ gatewayUrl: yard.gateway.url, trust: {}, nowMs, random: Math.random, onWay: () => {} });
  // It links, and its computer loses its power: the connection stays and nothing is confirmed on it.
  const pipe = dial({
    onFrame(frame) {
      const read = readGatewayMessage(frame);
      if (read.kind !== 'message') return;
      if (read.message.type === 'welcome') welcomed.resolve();
      if (read.message.type !== 'challenge') return;
      const { machineId, publicKey } = identity;
      const hello = {
        type: 'hello',
        protocol: [1, 2],
        agentVersion: '0',
        machineId,
        publicKey,
        name: 'box',
        program: 'x',
      };
      pipe.send(JSON.stringify({ ...hello, signature: identity.signLinkProof(read.message) }), '');
    },
    onWritable() {},
    onClosed() {},
  });
  await welcomed.promise;
  const startedMs = performance.now();
  await using next = start(yard, identity, 'next');
  await next.next('linked to the gateway');
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs > 3_900 && tookMs < 8_000, `${tookMs} ms`);
  await next.close();
  pipe.close('done');
});
