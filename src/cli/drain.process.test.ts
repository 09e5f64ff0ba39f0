/** Stopping `metalyard up` while requests run, with a scripted engine that answers slowly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, readJson, turn } from '../../test/support/ask.ts';
import { startYard } from '../../test/support/start-yard.ts';

const slow = { tokensPerSecond: 20, rules: [{ lastTurn: 'long', say: 'word ', repeat: 30 }], otherwise: 'short' };

test('the first Ctrl-C lets a running answer end and refuses new ones', async () => {
  await using yard = await startYard({ engine: slow });
  const running = await ask(yard, turn(yard.model, 'long', { stream: true }));
  process.kill(yard.pid, 'SIGINT');
  // The refusal is the sign that the signal has been heard.
  let refused = await ask(yard, turn(yard.model, 'other'));
  while (refused.status === 200) refused = await ask(yard, turn(yard.model, 'other'));
  assert.equal((await readJson(refused, 529)).error.details.error_code, 'draining');
  const text = await running.text();
  assert.match(text, /event: message_stop/);
  assert.doesNotMatch(text, /event: error/);
  assert.match(yard.output(), /Stopping: \d requests? (is|are) still running, new ones are refused/);
});

test('the second Ctrl-C ends it at once, with a typed error for whoever was waiting', async () => {
  await using yard = await startYard({ engine: { ...slow, tokensPerSecond: 1 } });
  const running = await ask(yard, turn(yard.model, 'long', { stream: true }));
  const processes = await yard.descendantPids();
  assert.ok(processes.length >= 2, 'an agent and its engine');
  process.kill(yard.pid, 'SIGINT');
  while ((await ask(yard, turn(yard.model, 'other'))).status === 200);
  process.kill(yard.pid, 'SIGINT');
  assert.match(await running.text(), /event: error\ndata: .*"overloaded_error"/);
  await yard.whenGone([yard.pid, ...processes]);
});
