import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { exemptConnection, limitConnections, provenConnection } from './connection-limit.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  answer = '';
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  end(text: string): void {
    this.answer += text;
  }
  isDestroyed = false;
  destroy(): void {
    this.isDestroyed = true;
  }
}

function gate(limits: { connections: number; connectionsPerAddress: number }) {
  const server = new EventEmitter();
  // Only its events are listened to.
  limitConnections(server as Server, limits, (address) => address === '172.18.0.2');
  return (address: string): FakeSocket => {
    const socket = new FakeSocket(address);
    server.emit('connection', socket);
    return socket;
  };
}

test('an address gets so many connections, and another one when it closes one', () => {
  const connect = gate({ connections: 100, connectionsPerAddress: 2 });
  const [first, second] = [connect('192.0.2.1'), connect('192.0.2.1')];
  const third = connect('192.0.2.1');
  assert.deepEqual([first.answer, second.answer], ['', '']);
  assert.match(third.answer, /^HTTP\/1.1 429 Too Many Requests\r\n/);
  assert.match(third.answer, /retry-after: \d/);
  assert.equal(connect('192.0.2.2').answer, '');
  first.emit('close');
  // A refused connection was never counted.
  third.emit('close');
  assert.equal(connect('192.0.2.1').answer, '');
  assert.notEqual(connect('192.0.2.1').answer, '');
});

test('the link of a known machine does not count, and is not uncounted twice', () => {
  const connect = gate({ connections: 100, connectionsPerAddress: 2 });
  const link = connect('192.0.2.1');
  for (let again = 0; again < 2; again += 1) exemptConnection(link as unknown as Socket);
  const meanwhile = [connect('192.0.2.1'), connect('192.0.2.1')];
  assert.deepEqual(
    meanwhile.map(({ answer }) => answer),
    ['', ''],
  );
  for (const socket of [link, ...meanwhile]) socket.emit('close');
  assert.deepEqual([connect('192.0.2.1').answer, connect('192.0.2.1').answer], ['', '']);
  assert.notEqual(connect('192.0.2.1').answer, '');
});

test('this computer and the proxy in front have no limit of their own, but there is one in all', () => {
  const connect = gate({ connections: 8, connectionsPerAddress: 2 });
  const proxied = ['172.18.0.2', '::ffff:172.18.0.2', '172.18.0.2'].map(connect);
  assert.ok(proxied.every(({ answer }) => answer === ''));
  const here = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '127.0.0.1'].map(connect);
  assert.ok(here.every(({ answer }) => answer === ''));
  assert.match(connect('127.0.0.1').answer, /^HTTP\/1.1 529 .*\r\n/);
});

test('where there is no more room, the newest stranger of the network that has most of them makes some', () => {
  const connect = gate({ connections: 4, connectionsPerAddress: 10 });
  const strangers = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1'].map(connect);
  // One of them has shown a key since: it works for somebody.
  provenConnection(strangers[3] as unknown as Socket);
  assert.equal(connect('192.0.2.2').answer, '');
  assert.deepEqual(
    strangers.map(({ isDestroyed }) => isDestroyed),
    [false, false, true, false],
  );
  assert.match(connect('192.0.2.1').answer, /^HTTP\/1.1 529 /, 'another one of that address has no claim');
  assert.equal(connect('192.0.2.3').answer, '');
  assert.equal(strangers[1]?.isDestroyed, true);
});
