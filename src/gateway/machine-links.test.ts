import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import { silentLog } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';
import { MachineLinks } from './machine-links.ts';

/** As much of a WebSocket as a link needs. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  send(frame: string): void {
    this.emit('sent', JSON.parse(frame));
  }
  ping(): void {}
  close(): void {}
  terminate(): void {}
}

test('an agent that leaves while its key is looked up never becomes a session', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-links-'));
  const { machineId, publicKey, signLinkProof } = loadMachineIdentity(join(directory, 'machine.key'));
  await rm(directory, { recursive: true });
  const lookup = Promise.withResolvers<unknown>();
  // The links use the store's names and its machines alone.
  const store = { gatewayId: 'gw_1', epoch: 1, machines: { get: () => lookup.promise } } as unknown as Store;
  const opened: string[] = [];
  const links = new MachineLinks(store, silentLog, {
    onOpened: ({ name }) => void opened.push(name),
    onMessage: () => assert.fail('nothing was said after hello'),
    onClosed: () => assert.fail('there was no session to close'),
  });
  const socket = new FakeSocket();
  const challenged = once(socket, 'sent');
  // The parts of a WebSocket that a link touches are all there.
  links.open(socket as unknown as WebSocket, '127.0.0.1');
  const [challenge] = await challenged;
  const hello = { type: 'hello', protocol: [1, 1], agentVersion: '0', machineId, name: 'box', publicKey };
  socket.emit('message', Buffer.from(JSON.stringify({ ...hello, signature: signLinkProof(challenge) })), false);
  socket.readyState = 3;
  socket.emit('close', 1006, Buffer.alloc(0));
  lookup.resolve({ machineId, publicKey, name: 'box' });
  await turnOfTheLoop();
  assert.deepEqual([opened, links.sessions], [[], []]);
});
