/** A machine that has joined and was not let in yet is no part of the yard, whatever it says. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { startTestYard } from '../../test/support/test-yard.ts';
import type { GatewayStatus } from '../cli/gateway-record.ts';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';

test('a machine that waits for its approval is turned away, and linked once it has it', async () => {
  await using yard = await startTestYard();
  const { gateway, store, adminToken, directory } = yard;
  const identity = loadMachineIdentity(join(directory, 'attic.key'));
  const name = 'Attic PC';
  const { secret: token } = await store.joinTokens.create({ label: '', approves: false, uses: 1, lifetimeMs: 60_000 });
  const wish = { token, machineId: identity.machineId, name };
  const body = { ...wish, publicKey: identity.publicKey, signature: identity.signJoinProof(wish) };
  const joined = (await (await yard.post('/metalyard/join', body)).json()) as { standing: string };
  assert.equal(joined.standing, 'pending');

  await using machine = bareAgent({ gatewayUrl: gateway.url, trust: {}, identity, name });
  const { fields } = await machine.next('not linked to the gateway');
  assert.match(String(fields.why), /waits to be let in\. On the gateway: metalyard machines approve "Attic PC"$/);
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const machines = async () =>
    ((await (await fetch(`${gateway.url}/metalyard/status`, { headers })).json()) as GatewayStatus).machines;
  assert.deepEqual(await machines(), []);

  const change = { method: 'POST', headers, body: JSON.stringify({ kind: 'approve' }) };
  const approved = await fetch(`${gateway.url}/metalyard/machines/${encodeURIComponent(name)}`, change);
  assert.equal(approved.status, 200, await approved.text());
  await machine.next('linked to the gateway');
  assert.deepEqual(
    (await machines()).map((each) => each.name),
    [name],
  );
  await machine.close();
});
