/** Machines whose messages have another shape than this gateway reads: they do not come back with them again and again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { fakeModel, startTestYard } from '../../test/support/test-yard.ts';
import type { GatewayStatus } from '../cli/gateway-record.ts';
import { readGatewayMessage } from '../contract/link/messages.ts';
import { nowMs } from '../transport/clock.ts';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import { createDialler } from '../transport/link/dial.ts';

test('a report that cannot be read ends the link; the second time it is half a minute until the next try, and the owner is told', async () => {
  await using yard = await startTestYard();
  const { gateway, store, directory, adminToken } = yard;
  const identity = loadMachineIdentity(join(directory, 'box.key'));
  await store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
  const start = () =>
    bareAgent({
      gatewayUrl: gateway.url,
      trust: {},
      identity,
      name: 'box',
      // As a newer agent may have it.
      models: () => [{ ...fakeModel, slots: { parallel: 2 } as unknown as number }],
    });
  const why = 'a field of "report" has the wrong shape';

  await using machine = start();
  for (const longestMs of [1_000, 30_000]) {
    const { fields } = await machine.next('not linked to the gateway');
    assert.equal(fields.why, `the other end sent a malformed message (${why})`);
    assert.ok(Number(fields.retryMs) <= longestMs);
    assert.equal(Number(fields.retryMs) === 30_000, longestMs === 30_000);
  }
  await machine.close();

  // One that does not wait by itself is not let in.
  await using again = start();
  const { fields } = await again.next('not linked to the gateway');
  const because = `its agent 0.0.0 sent a message that cannot be read here: ${why}`;
  assert.equal(fields.why, `The link has ended again and again because ${because}. Update the older end.`);
  assert.equal(fields.retryMs, 30_000);
  await again.close();

  const headers = { authorization: `Bearer ${adminToken}` };
  const status = (await (await fetch(`${gateway.url}/metalyard/status`, { headers })).json()) as GatewayStatus;
  assert.deepEqual(
    status.findings.map(({ name, code, seen }) => [name, code, seen]),
    [['box', 'link-malformed', `The link of the machine ended because ${because}.`]],
  );
});

test('a hello that cannot be read is refused in so many words', async () => {
  await using yard = await startTestYard();
  const answer = Promise.withResolvers<string>();
  const dial = createDialler({ gatewayUrl: yard.gateway.url, trust: {}, nowMs, random: Math.random, onWay: () => {} });
  const pipe = dial({
    onFrame(frame) {
      if (frame.includes('"challenge"')) pipe.send(JSON.stringify({ type: 'hello', protocol: '3' }), '');
      else answer.resolve(frame);
    },
    onWritable() {},
    onClosed: answer.resolve,
  });
  assert.deepEqual(readGatewayMessage(await answer.promise), {
    kind: 'message',
    message: {
      type: 'refused',
      reason: 'malformed',
      message: 'This gateway cannot read the hello: malformed (a field of "hello" has the wrong shape).',
    },
  });
});
