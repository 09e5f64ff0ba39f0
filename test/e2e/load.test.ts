/** Many clients, clients that leave, prompts that do not fit: on the real engine. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { readStream, streamEvents, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard();
});
after(() => yard.stop());

test('eight streams at once, each with its own answer', async () => {
  const words = ['blorb', 'glim', 'tarko', 'fendle', 'quist', 'marl', 'dorvan', 'plim'];
  const answers = await Promise.all(
    words.map(async (word) => {
      return readStream(await ask(yard, turn(yard.model, `Repeat after me: ${word} 42`, { stream: true })));
    }),
  );
  assert.deepEqual(
    answers.map(textOf),
    words.map((word) => `${word} 42`),
  );
  assert.equal(new Set(answers.map(({ id }) => id)).size, words.length);
  assert.equal(new Set(answers.map(({ requestId }) => requestId)).size, words.length);
});

test('a client that leaves frees its slot at the engine', async () => {
  const { slots } = (await yard.status()).models[0] ?? {};
  assert.ok(slots);
  // More leavers than slots: were the engine still busy with them, the last request would wait.
  for (let leaver = 0; leaver < slots + 1; leaver++) {
    const leaving = new AbortController();
    const body = turn(yard.model, 'Count from 1 to 60.', { stream: true, max_tokens: 4000 });
    const response = await ask(yard, body, { signal: leaving.signal });
    for await (const { type } of streamEvents(response)) if (type === 'content_block_delta') break;
    leaving.abort();
  }
  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'ping')))), 'pong');
  const status = await yard.whenStatus(({ machines, requests }) => {
    return requests.active === 0 && machines.every(({ models }) => models.every(({ busySlots }) => busySlots === 0));
  });
  assert.equal(status.requests.active, 0);
});

test('a prompt over the window gets the sentence clients compact on', async () => {
  const { window } = (await yard.status()).models[0] ?? {};
  assert.ok(window);
  const text = 'qx '.repeat(window);
  for (const stream of [true, false]) {
    const response = await ask(yard, turn(yard.model, text, { stream }));
    const body = await readJson(response, 400);
    assert.equal(body.error.type, 'invalid_request_error');
    const said = /^prompt is too long: (\d+) tokens > (\d+) maximum/.exec(body.error.message);
    assert.ok(said, body.error.message);
    assert.ok(Number(said[1]) > Number(said[2]));
    assert.ok(Number(said[2]) < window);
    assert.equal(response.headers.get('x-should-retry'), 'false');
  }
  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'ping')))), 'pong');
});
