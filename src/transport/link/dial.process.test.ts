/** How a gateway is reached where WebSockets come to nothing, and the way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestYard } from '../../../test/support/test-yard.ts';
import { troubledProxy } from '../../../test/support/troubled-proxy.ts';
import { nowMs } from '../clock.ts';
import { createDialler } from './dial.ts';
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
