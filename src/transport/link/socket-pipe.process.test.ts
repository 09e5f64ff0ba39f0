/** What a gateway hears of a WebSocket, whose short frames it reads and writes itself. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { acceptLinks } from './accept.ts';
import { linkPath } from './dial.ts';
import type { Pipe } from './pipe.ts';

const text = 0x81;
const part = 0x01;
const rest = 0x80;
const ping = 0x89;

/** With a mask that changes nothing, as is allowed: what was cut is easily seen. */
function frame(first: number, said: string): Buffer {
  const payload = Buffer.from(said);
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A gateway's end of a link, and a client that says what the test wants. */
async function linked(t: TestContext) {
  const heard: string[] = [];
  const opened = Promise.withResolvers<Pipe>();
  const closed = Promise.withResolvers<string>();
  const server = createServer();
  let carrier: Socket | undefined;
  const links = acceptLinks(server, {
    limits: {
      ...{ links: 10, linkHandshakes: 10, linkHandshakesPerAddress: 10 },
      ...{ linkLine: 10, linkTriesPerMachine: 10 },
    },
    allowHost: () => true,
    allowSocket: () => true,
    visitorOf: () => ({ origin: 'here', isKnown: false }),
    onPipe(connect, request) {
      carrier = request.socket;
      opened.resolve(connect({ onFrame: (said) => heard.push(said), onWritable() {}, onClosed: closed.resolve }));
    },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A TCP listener has an AddressInfo.
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  t.after(() => {
    client.destroy();
    links.close();
    server.close();
  });
  client.write(
    `GET ${linkPath} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const pipe = await opened.promise;
  await once(client, 'data');
  /** Says it in one piece, and waits until it was read as one. */
  const say = async (...frames: readonly Buffer[]): Promise<void> => {
    const read = once(carrier ?? assert.fail(), 'data');
    client.write(Buffer.concat(frames));
    await read;
  };
  return { pipe, client, heard, closed: closed.promise, say };
}

test('texts are heard in order, short ones and all others, whole or in pieces', async (t) => {
  const emit = t.mock.method(WebSocket.prototype, 'emit');
  const { heard, say } = await linked(t);
  await say(frame(text, 'one'));
  await say(frame(text, 'two'), frame(text, 'three'));
  await say(frame(text, 'four').subarray(0, 7));
  // The end of a frame that looks like a whole one.
  await say(frame(text, 'four').subarray(7));
  await say(frame(part, 'fi'));
  await say(frame(ping, ''));
  await say(frame(rest, 've'));
  await say(frame(text, 'z\u0443'));
  await say(frame(text, 'seven'));
  assert.deepEqual(heard, ['one', 'two', 'three', 'four', 'five', 'z\u0443', 'seven']);
  // Read without it: the first and the last. Heartbeats would cost twice as much otherwise.
  const byLibrary = emit.mock.calls.filter(({ arguments: [event] }) => event === 'message').length;
  assert.equal(byLibrary, 5);
});

test('what looks like a frame within another one is none', async (t) => {
  const { heard, say } = await linked(t);
  // The last two bytes of the bracket are the head of a frame of five bytes; a mask and as many bytes follow.
  const said = '\u2045\0\0\0\0inner';
  const whole = frame(text, said);
  const begin = whole.indexOf(text, 1);
  await say(whole.subarray(0, begin));
  await say(whole.subarray(begin));
  await say(frame(text, 'after it'));
  assert.deepEqual(heard, [said, 'after it']);
});

test('after a frame that is wrong nothing is heard', async (t) => {
  const { heard, closed, say } = await linked(t);
  await say(frame(text, 'one'));
  await say(frame(part, 'tw'));
  // A new message within the one that is not over.
  await say(frame(text, 'three'));
  await say(frame(text, 'four'));
  assert.deepEqual(heard, ['one']);
  assert.match(await closed, /invalid opcode/i);
});

test('after a good-bye nothing is heard, and the end of the connection is seen at once', async (t) => {
  const { client, heard, closed, say } = await linked(t);
  await say(frame(text, 'one'));
  // Code 3072, which is free for anybody.
  const bye = frame(0x88, '\x0c\0enough');
  await say(bye.subarray(0, 9));
  await say(bye.subarray(9));
  await say(frame(text, 'late'));
  await say(frame(text, 'later'));
  client.end();
  assert.equal(await closed, 'enough');
  assert.deepEqual(heard, ['one']);
});

test('what is said arrives in order, and each in one frame', async (t) => {
  const { pipe, client } = await linked(t);
  pipe.send('a 1 0', '');
  pipe.send('c1 ', '{"type":"goaway"}');
  pipe.send('a 2 0', '');
  pipe.send('für', '');
  const said = '\x81\x05a 1 0\x81\x14c1 {"type":"goaway"}\x81\x05a 2 0\x81\x04f\xc3\xbcr';
  let come = '';
  for await (const chunk of client) {
    come += (chunk as Buffer).toString('latin1');
    if (come.length >= said.length) break;
  }
  assert.equal(come, said);
});

test('once it is closed nothing is said', async (t) => {
  const { pipe, client, closed } = await linked(t);
  pipe.close('enough');
  pipe.send('a 1 0', '');
  const [chunk] = await once(client, 'data');
  assert.equal(chunk.toString('latin1'), '\x88\x08\x03\xe9enough');
  client.destroy();
  assert.equal(await closed, 'enough');
});
