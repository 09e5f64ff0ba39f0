/** How a gateway is reached where WebSockets come to nothing, and the way back. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { bareAgent } from '../../../test/support/bare-agent.ts';
import { startTestYard } from '../../../test/support/test-yard.ts';
import { troubledProxy } from '../../../test/support/troubled-proxy.ts';
import { nowMs } from '../clock.ts';
import { linkPasses, passHeader } from '../identity/link-pass.ts';
import { machineIdentity } from '../identity/machine-identity.ts';
import { createDialler, linkPath, retryHeader } from './dial.ts';
import type { Pipe } from './pipe.ts';
import { pollPaths } from './poll-pipe.ts';

test('plain requests carry the link until a WebSocket works again, and one way at a time', async () => {
  await using yard = await startTestYard();
  await using proxy = await troubledProxy(yard.gateway.url, 'refuses');
  const ways: string[] = [];
  const dial = createDialler({
    gatewayUrl: proxy.url,
    trust: {},
    nowMs,
    random: () => 0.5,
    onWay: (way, why) => ways.push(`${way}: ${why}`),
    httpForMs: 200,
  });
  /** Dials; what comes first, the gateway's first frame or the end, and then the end. */
  const connect = () => {
    const first = Promise.withResolvers<string>();
    const closed = Promise.withResolvers<string>();
    const pipe: Pipe = dial({
      onFrame: (text) => first.resolve(text),
      onWritable() {},
      onClosed(why) {
        first.resolve(why);
        closed.resolve(why);
      },
    });
    return { pipe, first: first.promise, closed: closed.promise };
  };

  await connect().closed;
  assert.deepEqual(ways.splice(0), ['http: the upgrade to a WebSocket was answered with status 403']);
  const byRequests = connect();
  assert.match(await byRequests.first, /"type":"challenge"/);
  await proxy.nextUpgrade();
  assert.deepEqual(ways, [], 'one was tried beside it, and refused');
  proxy.policy = 'passes';
  assert.equal(await byRequests.closed, 'a WebSocket works again');
  assert.deepEqual(ways, ['websocket: a WebSocket works again']);

  const { requests } = proxy;
  const bySocket = connect();
  assert.match(await bySocket.first, /"type":"challenge"/);
  assert.equal(proxy.requests, requests);
  bySocket.pipe.close('done');
  await bySocket.closed;
});

test('a machine that was let in before does not wait behind strangers, whoever stands there', async () => {
  await using yard = await startTestYard({
    edgeLimits: { linkHandshakes: 1, linkHandshakesPerAddress: 1, linkLine: 1, linkStrangers: 1 },
  });
  const { port } = yard.gateway;
  // One is at the door and says nothing, one stands in line; a third has the only pipe.
  const strangers = ['127.0.0.2', '127.0.0.3'].map((localAddress) =>
    connect({ host: '127.0.0.1', port, localAddress }),
  );
  for (const stranger of strangers) {
    stranger.write(
      `GET ${linkPath} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
  }
  await once(strangers[0] ?? assert.fail(), 'data');
  await fetch(yard.gateway.url + pollPaths.open, { method: 'POST' });
  const first = (pass?: string) => {
    const heard = Promise.withResolvers<string>();
    const dial = createDialler({
      gatewayUrl: yard.gateway.url,
      trust: {},
      nowMs,
      random: () => 0.5,
      onWay: () => {},
      pass: () => pass,
    });
    const pipe = dial({ onFrame: heard.resolve, onWritable() {}, onClosed: heard.resolve });
    return heard.promise.finally(() => pipe.close('done'));
  };
  const open = (headers: Record<string, string>) =>
    fetch(yard.gateway.url + pollPaths.open, { method: 'POST', headers }).then(({ status }) => status);
  const pass = linkPasses(yard.store.signingSecret).of('mch_1');

  assert.equal(await first(), 'the gateway lets other machines in first');
  assert.match(await first(pass), /"type":"challenge"/);
  assert.deepEqual([await open({}), await open({ [passHeader]: pass })], [529, 200]);
  for (const stranger of strangers) stranger.destroy();
});

test('a gateway that lets others in first is believed, and the way is not changed for it', async () => {
  let upgrades = 0;
  const server = createServer().on('upgrade', (_request, stream) => {
    upgrades += 1;
    stream.end(`HTTP/1.1 503 Service Unavailable\r\n${retryHeader}: 1234\r\nconnection: close\r\n\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const told: number[] = [];
  const dial = createDialler({
    // A TCP listener has an AddressInfo.
    gatewayUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trust: {},
    nowMs,
    random: () => 0.5,
    onWay: (way) => assert.fail(`it took ${way}`),
    onTurnedAway: (againMs) => told.push(againMs),
  });
  for (let count = 0; count < 4; count += 1) {
    const why = await new Promise((onClosed) => dial({ onFrame() {}, onWritable() {}, onClosed }));
    assert.equal(why, 'the gateway lets other machines in first');
  }
  assert.deepEqual([told, upgrades], [[1_234, 1_234, 1_234, 1_234], 4]);
  server.close();
});

for (const [policy, why] of [
  ['fails', 'the upgrade to a WebSocket was answered with status 502'],
  ['resets', 'upgrades to a WebSocket were broken off'],
] as const) {
  test(`where a network ${policy} upgrades, plain requests carry the link if they get through`, async () => {
    await using yard = await startTestYard();
    await using proxy = await troubledProxy(yard.gateway.url, policy);
    const ways: string[] = [];
    const dial = createDialler({
      gatewayUrl: proxy.url,
      trust: {},
      nowMs,
      random: () => 0.5,
      onWay: (way, because) => ways.push(`${way}: ${because}`),
    });
    const closed = () => new Promise((onClosed) => dial({ onFrame() {}, onWritable() {}, onClosed }));
    await closed();
    await closed();
    assert.deepEqual([ways, proxy.upgrades], [[], 2]);
    const frame = await new Promise<string>((onFrame) => {
      const pipe = dial({
        onFrame(text) {
          onFrame(text);
          pipe.close('done');
        },
        onWritable() {},
        onClosed: onFrame,
      });
    });
    assert.match(frame, /"type":"challenge"/);
    assert.deepEqual([ways, proxy.upgrades], [[`http: ${why}`], 2]);
  });
}

test('an agent that was let in shows its pass when it dials again', async () => {
  const passes: unknown[] = [];
  const again = Promise.withResolvers<void>();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    passes.push(request.headers[passHeader]);
    if (passes.length === 2) again.resolve();
    socket.send(JSON.stringify({ type: 'challenge', gatewayId: 'gw_1', epoch: 1, nonce: 'n' }));
    socket.once('message', () => {
      const usual = { protocol: 1, gatewayId: 'gw_1', epoch: 1, sessionId: 's', heartbeatMs: 5_000 };
      socket.send(JSON.stringify({ type: 'welcome', ...usual, maxMessageBytes: 1e6, pass: 'mch_1.abc' }));
      socket.once('message', () => socket.terminate());
    });
  });
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
  await using _agent = bareAgent({ gatewayUrl: `http://127.0.0.1:${port}`, trust: {}, identity, name: 'box' });
  await again.promise;
  server.close();
  server.closeAllConnections();
  assert.deepEqual(passes, [undefined, 'mch_1.abc']);
});

test('machines that have shown who they are leave the room for strangers to others', async () => {
  await using yard = await startTestYard({ edgeLimits: { linkStrangers: 1 } });
  await using proxy = await troubledProxy(yard.gateway.url, 'refuses');
  await using agents = new AsyncDisposableStack();
  for (const name of ['first', 'second']) {
    const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
    await yard.store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name });
    const agent = bareAgent({ gatewayUrl: proxy.url, trust: {}, identity, name });
    agents.use(agent);
    await agent.next('linked to the gateway');
  }
  const headers = { authorization: `Bearer ${yard.adminToken}` };
  const status = await (await fetch(`${yard.gateway.url}/metalyard/status`, { headers })).json();
  const { machines } = status as { machines: { name: string; link: { way: string } | null }[] };
  assert.deepEqual(machines.map(({ name, link }) => [name, link?.way]).sort(), [
    ['first', 'http'],
    ['second', 'http'],
  ]);
});
