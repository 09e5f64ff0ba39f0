import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import type { Pipe, PipeHearer } from '../transport/link/pipe.ts';
import { silentLog } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';
import { MachineLinks } from './machine-links.ts';

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
    onAway: () => assert.fail('there was no session to leave'),
    onResumed: () => assert.fail('there was no session to resume'),
    onClosed: () => assert.fail('there was no session to close'),
  });
  const sent: string[] = [];
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = { send: (head) => void sent.push(head), bufferedBytes: 0, close() {}, hear() {} };
  const from = {
    remoteAddress: '127.0.0.1',
    way: 'websocket' as const,
    onWelcome: () => assert.fail('it was not let in'),
  };
  links.open((given) => {
    hearer = given;
    return pipe;
  }, from);
  const challenge = JSON.parse(sent[0] ?? '');
  const hello = { type: 'hello', protocol: [1, 1], agentVersion: '0', machineId, name: 'box', publicKey };
  hearer?.onFrame(JSON.stringify({ ...hello, signature: signLinkProof(challenge) }));
  hearer?.onClosed('gone');
  lookup.resolve({ machineId, publicKey, name: 'box' });
  await turnOfTheLoop();
  assert.deepEqual([opened, links.sessions], [[], []]);
});
