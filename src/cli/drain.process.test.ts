/** Stopping `metalyard up` while requests run, with a scripted engine that answers slowly. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ask, readJson, turn } from '../../test/support/ask.ts';
import { startYard } from '../../test/support/start-yard.ts';

const slow = { tokensPerSecond: 20, rules: [{ lastTurn: 'long', say: 'word ', repeat: 30 }], otherwise: 'short' };

test('SIGTERM, as the first Ctrl-C, lets a running answer end, refuses new ones and loses no row of the ledger', async () => {
  await using yard = await startYard({ engine: slow });
  const running = await ask(yard, turn(yard.model, 'long', { stream: true }));
  const answered = [running];
  process.kill(yard.pid, 'SIGTERM');
  // The refusal is the sign that the signal has been heard.
  let refused = await ask(yard, turn(yard.model, 'other'));
  while (refused.status === 200) {
    answered.push(refused);
    refused = await ask(yard, turn(yard.model, 'other'));
  }
  assert.equal((await readJson(refused, 529)).error.details.error_code, 'draining');
  const text = await running.text();
  assert.match(text, /event: message_stop/);
  assert.doesNotMatch(text, /event: error/);
  assert.match(yard.output(), /Stopping: \d requests? (is|are) still running, new ones are refused/);
  await yard.whenGone([yard.pid]);
  const database = new DatabaseSync(join(yard.directory, 'data', 'metalyard.sqlite'), { readOnly: true });
  const rows = database.prepare("select request_id from requests where status = 'answered'").all();
  const left = database.prepare("select parts from quota_levels where bucket = 'requests'").get();
  database.close();
  const ids = answered.map(({ headers }) => headers.get('request-id'));
  assert.deepEqual(rows.map(({ request_id }) => request_id).sort(), ids.sort());
  assert.ok(Number(left?.parts) >= (10_000 - ids.length - 1) * 60_000, 'what was leased is given back');
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
