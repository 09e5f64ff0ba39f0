import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { quietLooksFor, stopWatching, type Watched, watchForSilence } from './silence.ts';
import { socketPipe } from './socket-pipe.ts';

test('a socket is pinged after 20 s of silence and given up after 40; one with frames is left alone', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const events: string[] = [];
  const watched = (name: string): Watched => ({
    heard: true,
    quietLooks: quietLooksFor(5_000),
    ping: () => events.push(`${name} is pinged`),
    giveUp(why) {
      events.push(`${name}: ${why}`);
      stopWatching(this);
    },
  });
  const [silent, beating, answering] = [watched('silent'), watched('beating'), watched('answering')];
  for (const one of [silent, beating, answering]) watchForSilence(one);
  const pass = (seconds: number, hear: (second: number) => void = () => {}): void => {
    for (let second = 1; second <= seconds; second += 1) {
      hear(second);
      t.mock.timers.tick(1_000);
    }
  };

  pass(25, (second) => {
    if (second % 5 === 0) beating.heard = true;
  });
  assert.deepEqual(events.splice(0), ['silent is pinged', 'answering is pinged']);
  answering.heard = true;
  pass(20, () => {
    beating.heard = true;
  });
  assert.deepEqual(events.splice(0), ['silent: nothing heard for 40 s']);
  pass(5, () => {
    beating.heard = true;
  });
  assert.deepEqual(events.splice(0), ['answering is pinged'], 'as long after its answer as after its first frame');
  stopWatching(beating);
  stopWatching(answering);
});

test('where heartbeats are far apart they are waited for, and never longer than a proxy waits', () => {
  assert.deepEqual([5_000, 15_000, 25_000, 100_000].map(quietLooksFor), [4, 4, 7, 9]);
});

test('a WebSocket whose other end is expected seldom is pinged later', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let pings = 0;
  const socket = Object.assign(new EventEmitter(), { readyState: 1, OPEN: 1, ping: () => (pings += 1) });
  // Of a WebSocket the pipe uses no more than that here.
  const pipe = socketPipe(socket as unknown as WebSocket, { onFrame() {}, onWritable() {}, onClosed() {} });
  pipe.expectEach?.(25_000);
  const pingsAfter = (ms: number): number => {
    t.mock.timers.tick(ms);
    return pings;
  };
  assert.deepEqual([pingsAfter(35_000), pingsAfter(5_000)], [0, 1], 'its first look takes the opening for a frame');
  socket.emit('close', 1000, Buffer.alloc(0));
});
