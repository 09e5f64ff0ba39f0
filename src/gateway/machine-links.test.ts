import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { limits } from '../contract/limits.ts';
import { readGatewayMessage } from '../contract/link/messages.ts';
import { nowMs } from '../transport/clock.ts';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import type { Pipe, PipeHearer } from '../transport/link/pipe.ts';
import { silentLog } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';
import { LinkTroubles } from './link-troubles.ts';
import { publicUrlOf } from './listening.ts';
import { MachineLinks } from './machine-links.ts';

const stub = {
  troubles: new LinkTroubles(nowMs),
  passOf: (machineId: string) => `pass of ${machineId}`,
  awaited: () => 0,
  onOpened() {},
  onMessage() {},
  onAway() {},
  onResumed() {},
  onPace() {},
  onClosed() {},
};

test('a machine that is let in is told heartbeat, longest frame and the gateways of the yard', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-links-'));
  const { machineId, publicKey, signLinkProof } = loadMachineIdentity(join(directory, 'machine.key'));
  await rm(directory, { recursive: true });
  const machine = { machineId, publicKey, name: 'box', standing: 'approved', drained: false, labels: [] };
  const store = { gatewayId: 'gw_1', epoch: 3, machines: { get: async () => machine } } as unknown as Store;
  const gateways = [{ gatewayId: 'gw_1', urls: ['https://den:8787'] }];
  const links = new MachineLinks(store, silentLog, { ...stub, gateways: () => gateways });
  const sent: string[] = [];
  const welcomed = Promise.withResolvers<void>();
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = { send: (head) => void sent.push(head), bufferedBytes: 0, close() {}, hear() {} };
  links.open(
    (given) => {
      hearer = given;
      return pipe;
    },
    { remoteAddress: '127.0.0.1', way: 'websocket', onWelcome: welcomed.resolve },
  );
  const hello = { type: 'hello', protocol: [1, 1], agentVersion: '0', machineId, name: 'box', publicKey };
  hearer?.onFrame(JSON.stringify({ ...hello, signature: signLinkProof(JSON.parse(sent[0] ?? '')) }));
  await welcomed.promise;
  const read = readGatewayMessage(sent[1] ?? '');
  assert.ok(read.kind === 'message' && read.message.type === 'welcome', sent[1]);
  const { sessionId, beatInMs = 0, clock, ...told } = read.message;
  assert.ok(clock !== undefined && Math.abs(clock.clockMs - Date.now()) < 10_000 && clock.tookMs < 10_000);
  assert.ok(beatInMs >= 1_000 && beatInMs < 6_000, `its first heartbeat after ${beatInMs} ms`);
  assert.deepEqual(told, {
    type: 'welcome',
    protocol: 1,
    gatewayId: 'gw_1',
    epoch: 3,
    heartbeatMs: limits.heartbeatMs,
    maxMessageBytes: limits.agentMessageBytes,
    maxFrameBytes: limits.linkFrameBytes,
    keeps: true,
    gateways,
    pass: `pass of ${machineId}`,
  });
  links.end(sessionId, 'the test is over');
});

test('machines are told the address that other machines reach, and none when there is no such', () => {
  assert.equal(publicUrlOf({ kind: 'loopback' }, null, 8787), undefined);
  assert.equal(publicUrlOf({ kind: 'behind-tls-proxy' }, 'yard.example', 8787), 'https://yard.example');
  const certificate = { key: '', certificate: '', fingerprint: '' };
  const tls = { kind: 'tls', certificate, plainOnPrivateNetworks: false } as const;
  assert.equal(publicUrlOf(tls, '[fd00::2]', 8787), 'https://[fd00::2]:8787');
});

test('an agent that leaves while its key is looked up never becomes a session', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-links-'));
  const { machineId, publicKey, signLinkProof } = loadMachineIdentity(join(directory, 'machine.key'));
  await rm(directory, { recursive: true });
  const asked = Promise.withResolvers<void>();
  const lookup = Promise.withResolvers<unknown>();
  const get = () => {
    asked.resolve();
    return lookup.promise;
  };
  // The links use the store's names and its machines alone.
  const store = { gatewayId: 'gw_1', epoch: 1, machines: { get } } as unknown as Store;
  const opened: string[] = [];
  const links = new MachineLinks(store, silentLog, {
    ...stub,
    gateways: () => [],
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
  await asked.promise;
  hearer?.onClosed('gone');
  lookup.resolve({ machineId, publicKey, name: 'box', standing: 'approved' });
  await turnOfTheLoop();
  assert.deepEqual([opened, links.sessions], [[], []]);
});

test('a machine that is removed while its signature is verified is not let in', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-links-'));
  const { machineId, publicKey, signLinkProof } = loadMachineIdentity(join(directory, 'machine.key'));
  await rm(directory, { recursive: true });
  const machine = { machineId, publicKey, name: 'box', standing: 'approved', drained: false, labels: [] };
  const store = { gatewayId: 'gw_1', epoch: 1, machines: { get: async () => machine } } as unknown as Store;
  const links = new MachineLinks(store, silentLog, { ...stub, gateways: () => [] });
  const sent: string[] = [];
  const closed = Promise.withResolvers<string>();
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = { send: (head) => void sent.push(head), bufferedBytes: 0, close: closed.resolve, hear() {} };
  const onWelcome = () => closed.resolve('it was let in');
  links.open(
    (given) => {
      hearer = given;
      return pipe;
    },
    { remoteAddress: '127.0.0.1', way: 'websocket', onWelcome },
  );
  const hello = { type: 'hello', protocol: [1, 2], agentVersion: '0', machineId, name: 'box', publicKey };
  hearer?.onFrame(JSON.stringify({ ...hello, signature: signLinkProof(JSON.parse(sent[0] ?? '')) }));
  machine.standing = 'removed';
  assert.match(await closed.promise, /does not know the machine/);
});

test('a machine is told another heartbeat when the fleet has grown, and believed when it says that it follows', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-links-'));
  const { machineId, publicKey, signLinkProof } = loadMachineIdentity(join(directory, 'machine.key'));
  await rm(directory, { recursive: true });
  const machine = { machineId, publicKey, name: 'box', standing: 'approved', drained: false, labels: [] };
  const store = { gatewayId: 'gw_1', epoch: 1, machines: { get: async () => machine } } as unknown as Store;
  let awaited = 0;
  const paces: number[] = [];
  const links = new MachineLinks(store, silentLog, {
    ...stub,
    gateways: () => [],
    awaited: () => awaited,
    onPace: ({ heartbeatMs }) => void paces.push(heartbeatMs),
  });
  for (const protocol of [2, 1]) {
    awaited = 0;
    const sent: string[] = [];
    const welcomed = Promise.withResolvers<void>();
    let hearer: PipeHearer | undefined;
    const hear = (next: PipeHearer): void => {
      hearer = next;
    };
    const pipe: Pipe = {
      send: (head, payload) => void sent.push(head + String(payload)),
      bufferedBytes: 0,
      close() {},
      hear,
    };
    links.open(
      (given) => {
        hearer = given;
        return pipe;
      },
      { remoteAddress: '127.0.0.1', way: 'websocket', onWelcome: welcomed.resolve },
    );
    const hello = { type: 'hello', protocol: [1, protocol], agentVersion: '0', machineId, name: 'box', publicKey };
    hearer?.onFrame(JSON.stringify({ ...hello, signature: signLinkProof(JSON.parse(sent[0] ?? '')) }));
    await welcomed.promise;
    const told = () => sent.filter((frame) => frame.startsWith('c'));
    hearer?.onFrame('c1 {"type":"beat"}');
    assert.deepEqual(told(), []);
    awaited = 10_000;
    hearer?.onFrame('c2 {"type":"beat"}');
    hearer?.onFrame('c3 {"type":"beat"}');
    if (protocol === 1) assert.deepEqual(told(), [], 'an older agent does not know the message');
    else {
      assert.equal(told().length, 1, 'once');
      assert.match(told()[0] ?? '', /^c1 \{"type":"heartbeat","heartbeatMs":25250,"beatInMs":\d+\}$/);
    }
    assert.deepEqual(paces.splice(0), []);
    hearer?.onFrame('c4 {"type":"beat","heartbeatMs":25250}');
    assert.deepEqual(paces.splice(0), [25_250]);
    // Nobody is waited for as long as it pleases.
    hearer?.onFrame('c5 {"type":"beat","heartbeatMs":100000000}');
    assert.deepEqual(paces.splice(0), []);
  }
  for (const { sessionId } of links.sessions) links.end(sessionId, 'the test is over');
});
