/** The clocks of agent and gateway are compared by the link itself: what a proxy in front writes into its answers is of no interest. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { bareAgent } from '../../test/support/bare-agent.ts';
import { startTestYard } from '../../test/support/test-yard.ts';
import { machineIdentity } from '../transport/identity/machine-identity.ts';

const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);

/** What an agent finds out about the clock of the gateway there. */
async function offsetOf(gatewayUrl: string): Promise<number | undefined> {
  const found = Promise.withResolvers<number | undefined>();
  const way = {
    linked: (_by: string, _heartbeatMs: number, offsetMs?: number) => found.resolve(offsetMs),
    failed() {},
  };
  await using _agent = bareAgent({ gatewayUrl, trust: {}, identity, name: 'box', way });
  return await found.promise;
}

test('the clock of a gateway on this computer is ours', async () => {
  await using yard = await startTestYard();
  const { machineId, publicKey } = identity;
  await yard.store.machines.approve({ machineId, publicKey, name: 'box' });
  const offset = await offsetOf(yard.gateway.url);
  assert.ok(offset !== undefined && Math.abs(offset) < 5_000, `${offset} ms`);
});

test('the clock of a gateway that is an hour ahead is found out by the welcome', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket: WebSocket) => {
    socket.send(JSON.stringify({ type: 'challenge', gatewayId: 'gw_1', epoch: 1, nonce: 'n' }));
    socket.once('message', () => {
      const clock = { clockMs: Date.now() + 3_600_000, tookMs: 0 };
      const usual = { protocol: 1, gatewayId: 'gw_1', epoch: 1, sessionId: 's', heartbeatMs: 5_000 };
      socket.send(JSON.stringify({ type: 'welcome', ...usual, maxMessageBytes: 1e6, clock }));
    });
  });
  await once(server, 'listening');
  const offset = await offsetOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const client of server.clients) client.terminate();
  server.close();
  assert.ok(offset !== undefined && Math.abs(offset - 3_600_000) < 5_000, `${offset} ms`);
});
