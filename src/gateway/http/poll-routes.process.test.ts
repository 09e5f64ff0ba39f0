/** What a gateway answers to polls whose answers got lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { limits } from '../../contract/limits.ts';
import type { Pipe } from '../../transport/link/pipe.ts';
import { pipeHeader, pollHeader, pollPaths } from '../../transport/link/poll-pipe.ts';
import { addPollRoutes } from './poll-routes.ts';

test('a poll that comes twice is answered the same, and the next one goes on', async () => {
  const app = fastify();
  let pipe: Pipe | undefined;
  const routes = addPollRoutes(app, {
    limits,
    visitorOf: () => ({ address: '127.0.0.1', origin: '127.0.0.1', isKnown: true }),
    allowsLink: () => true,
    onPipe(connect) {
      pipe = connect({ onFrame() {}, onWritable() {}, onClosed() {} });
    },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const asked = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(new URL(path, url), { method: 'POST', headers });
    assert.equal(response.status, 200);
    return response.text();
  };
  try {
    const id = await asked(pollPaths.open);
    const poll = (number: string) => asked(pollPaths.poll, { [pipeHeader]: id, [pollHeader]: number });
    pipe?.send('c1 ', 'one');
    assert.equal(await poll('1'), 'c1 one');
    assert.equal(await poll('1'), 'c1 one', 'the answer was lost on its way');
    const second = poll('2');
    pipe?.send('c2 ', 'two');
    assert.equal(await second, 'c2 two');
    // The connection of a poll that is held broke, and nobody saw it: the one that takes its place is the one that counts.
    const [lost, third] = [poll('3'), poll('3')];
    assert.equal(await lost, '');
    assert.equal(await third, '');
    pipe?.send('c3 ', 'three');
    assert.equal(await poll('4'), 'c3 three');
  } finally {
    routes.close();
    await app.close();
  }
});
