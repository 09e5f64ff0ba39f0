/** Models give their memory back and take it, with scripted engines in processes of their own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { roomForOne, start } from './fixtures/own-models.ts';

test('a model that is told to rest is unloaded, says why, and comes back when it is woken', async (context) => {
  const { models, when } = start(context, ['one']);
  await when('one-f16', 'ready');
  const first = models.find('one-f16');
  assert.ok(first);

  models.rest('only 100 MiB of memory are left');
  assert.equal(models.find('one-f16'), undefined);
  assert.equal(models.unavailableBecause('one-f16'), 'The model was unloaded: only 100 MiB of memory are left.');
  const answer = models.load('one-f16');
  assert.ok(answer?.ok === false && answer.message.includes('only 100 MiB'));

  models.wake();
  await when('one-f16', 'ready');
  assert.ok(models.find('one-f16'));
  assert.notEqual(models.find('one-f16'), first, 'another load, with slots of its own');
});

test('several models are loaded side by side, and a broken file is listed with the reason', async (context) => {
  const { models, when } = start(context, ['one', 'broken', 'two']);
  await when('one-f16', 'ready');
  await when('two-f16', 'ready');
  const broken = await when('broken', 'failed');
  assert.match(broken.failure?.message ?? '', /broken\.gguf" is not a GGUF/);
  assert.notEqual(models.find('one-f16'), models.find('two-f16'));
  assert.equal(models.load('nothing'), undefined);
});

test('where there is room for one, the other is told why not yet, with both numbers where it never fits', async (context) => {
  const { models, when, describe } = start(context, ['one', 'two'], { memoryBytes: roomForOne, slots: 1 });
  await when('one-f16', 'ready');
  const waiting = await when('two-f16', 'available');
  assert.equal(waiting.room, 'taken');
  assert.ok((waiting.bytes ?? 0) > 1_000_000, 'what it would take is told');

  const answer = models.load('two-f16');
  assert.ok(answer?.ok === false);
  assert.equal(answer.message, 'There is no room for it yet: one-f16 was loaded a moment ago.');
  assert.ok((answer.retryAfterMs ?? 0) > 25_000 && (answer.retryAfterMs ?? 0) <= 30_000, 'what is left of its time');
  assert.equal(describe('one-f16')?.givesWay, undefined);
});

test('a model that could never fit says so, with the numbers and the remedy', async (context) => {
  const { models, when } = start(context, ['one', 'two'], { memoryBytes: 500_000, slots: 1 });
  const failed = await when('two-f16', 'failed');
  assert.match(
    failed.failure?.message ?? '',
    /needs 0\.00\d GB .* but only 0\.001 GB may be used: 0\.001 GB are allowed by --memory/,
  );
  assert.equal(models.load('two-f16')?.ok, false);
});

test('a pinned model is unloaded for no other, not by its owner either', async (context) => {
  const { models, when } = start(context, ['one', 'two'], { memoryBytes: roomForOne, slots: 1 });
  await when('one-f16', 'ready');
  assert.equal(models.wish('one-f16', 'pin'), null);
  assert.equal((await when('one-f16', 'ready')).pinned, true);
  const failed = await when('two-f16', 'failed');
  assert.deepEqual([failed.failure?.code, failed.failure?.errorCode], ['model_load_failed', 'model_no_room']);
  assert.match(
    failed.failure?.message ?? '',
    /needs 0\.00\d GB, and 0\.002 GB are allowed by --memory, 0\.00\d GB of it for others: one-f16 is pinned \(metalyard models unpin\)/,
  );
  assert.match(String(models.wish('one-f16', 'unload')), /is pinned here: unpin it first/);
  assert.equal(models.wish('one-f16', 'unpin'), null);
  await when('two-f16', 'available');
});

test('a model that the gateway counts on is unloaded for no other, until it counts on it no more', async (context) => {
  const { models, when } = start(context, ['one', 'two'], { memoryBytes: roomForOne, slots: 1 });
  await when('one-f16', 'ready');
  models.keep('one-f16', true);
  assert.equal((await when('one-f16', 'ready')).kept, true);
  assert.match(
    (await when('two-f16', 'failed')).failure?.message ?? '',
    /one-f16 is to stay loaded \(metalyard models min\)/,
  );
  assert.match(String(models.wish('one-f16', 'unload')), /lower its minimum first \(metalyard models min one-f16 0\)/);
  models.keep('one-f16', false);
  await when('two-f16', 'available');
  models.keep('one-f16', true);
  await when('two-f16', 'failed');
  // The next gateway is an older one.
  models.keepNone();
  await when('two-f16', 'available');
});

test('a pinned model is loaded at the next start too, before those that only stand in the folder', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'metalyard-pins-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const options = { pinsFile: join(folder, 'model-pins.json'), areNamed: false };
  const first = start(context, ['one', 'two'], options);
  await first.when('two-f16', 'available');
  assert.equal(first.models.wish('two-f16', 'pin'), null);
  await first.when('two-f16', 'ready');
  await first.models.close();

  const again = start(context, ['one', 'two'], options);
  assert.equal((await again.when('two-f16', 'ready')).pinned, true);
  assert.equal(again.describe('one-f16')?.status, 'available');
});

test('what its owner unloads is unloaded once it is idle, and takes nothing new before', async (context) => {
  const { models, busy, when } = start(context, ['one']);
  await when('one-f16', 'ready');
  const ready = models.find('one-f16');
  assert.ok(ready);
  busy.set(ready, 1);
  assert.equal(models.wish('one-f16', 'unload'), null);
  assert.ok(models.givesWay('one-f16'));
  busy.clear();
  assert.equal(models.wish('one-f16', 'unload'), null);
  await when('one-f16', 'available');
  assert.deepEqual(models.load('one-f16'), { ok: true });
  await when('one-f16', 'ready');
});
