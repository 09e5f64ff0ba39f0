/** A pipe over plain requests is closed while one of its requests is on its way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { dialPollPipe, pollPaths } from './poll-pipe.ts';

/** A gateway that answers no push until it is told to. */
async function slowGateway() {
  const said: string[] = [];
  const held: ServerResponse[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === pollPaths.open) return response.end('pipe');
    if (request.url !== pollPaths.push) return;
    said.push(body);
    held.push(response);
    server.emit('pushed');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    said,
    pushed: () => once(server, 'pushed'),
    answer: () => held.shift()?.end(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function open(url: string) {
  const closed = Promise.withResolvers<string>();
  const hearer = { onFrame() {}, onWritable() {}, onClosed: (why: string) => closed.resolve(why) };
  return { pipe: dialPollPipe(url, { trust: {}, headers: {} }, hearer, () => {}), closed: closed.promise };
}

test('what was said last arrives behind what is on its way', async () => {
  await using gateway = await slowGateway();
  const { pipe, closed } = open(gateway.url);
  const first = gateway.pushed();
  pipe.send('first', '');
  await first;
  pipe.send('goodbye', '');
  pipe.close('we are leaving');
  const second = gateway.pushed();
  gateway.answer();
  await second;
  gateway.answer();
  assert.equal(await closed, 'we are leaving');
  assert.deepEqual(gateway.said, ['first', 'goodbye']);
});

test('a gateway that takes nothing any more holds nobody up for long', async () => {
  await using gateway = await slowGateway();
  const { pipe, closed } = open(gateway.url);
  const first = gateway.pushed();
  pipe.send('first', '');
  await first;
  const startedMs = performance.now();
  pipe.close('we are leaving');
  assert.equal(await closed, 'we are leaving');
  assert.ok(performance.now() - startedMs < 10_000);
});
