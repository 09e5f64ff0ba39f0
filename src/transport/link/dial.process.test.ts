/** How a gateway is reached where WebSockets come to nothing, and the way back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startTestYard } from '../../../test/support/test-yard.ts';
import { troubledProxy } from '../../../test/support/troubled-proxy.ts';
import { nowMs } from '../clock.ts';
import { createDialler, retryHeader } from './dial.ts';
import type { Pipe } from './pipe.ts';

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
