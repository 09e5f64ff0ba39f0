/** A pipe over plain requests is closed while one of its requests is on its way, and loses connections that were idle. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { dialPollPipe, pollHeader, pollPaths } from './poll-pipe.ts';

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

function open(url: string, onFrame: (frame: string) => void = () => {}) {
  const closed = Promise.withResolvers<string>();
  const hearer = { onFrame, onWritable() {}, onClosed: (why: string) => closed.resolve(why) };
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

/** Breaks each connection off as its second request arrives, as proxies do that thought it idle. */
async function impatientGateway() {
  const said: string[] = [];
  const polls: string[] = [];
  const used = new WeakSet<Socket>();
  const held: ServerResponse[] = [];
  const server = createServer(async (request, response) => {
    const { socket } = request;
    if (used.has(socket)) return socket.destroy();
    used.add(socket);
    const body = await text(request);
    if (request.url === pollPaths.open) return response.end('pipe');
    if (request.url === pollPaths.push) {
      said.push(body);
      response.end();
    } else {
      polls.push(String(request.headers[pollHeader]));
      held.push(response);
    }
    server.emit('asked');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    said,
    polls,
    asked: () => once(server, 'asked'),
    answerPoll: (frame: string) => held.shift()?.end(frame),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('requests over connections that break as they are used again are sent once more, and the pipe goes on', async () => {
  await using gateway = await impatientGateway();
  const heard: string[] = [];
  const { pipe, closed } = open(gateway.url, (frame) => {
    heard.push(frame);
    if (heard.length === 3) pipe.close('enough');
  });
  for (const [index, frame] of ['one', 'two', 'three'].entries()) {
    while (gateway.polls.length <= index) await gateway.asked();
    pipe.send(frame, '');
    while (gateway.said.at(-1) !== frame) await gateway.asked();
    gateway.answerPoll(frame);
  }
  assert.equal(await closed, 'enough');
  assert.deepEqual(gateway.said, ['one', 'two', 'three']);
  assert.deepEqual(heard, ['one', 'two', 'three']);
  assert.deepEqual(gateway.polls.slice(0, 3), ['1', '2', '3']);
});

test('a new connection that breaks ends the pipe: nothing is sent again', async () => {
  let connections = 0;
  const server = createServer((request) => {
    connections += 1;
    // Asked again at once, it would never end; what is wrong then shows in the count.
    if (connections > 20) server.close();
    request.socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    // A TCP listener has an AddressInfo.
    const { closed } = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await closed;
    assert.equal(connections, 1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
