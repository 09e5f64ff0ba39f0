/** What a wait was for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelQueue } from '../state.ts';
import { noteWait, waitedSince } from './past.ts';

const since = (sinceMs: number, keyId = 'ann') => ({ sinceMs, keyId });

test('a wait is told in stretches, from when it began', () => {
  const queue: Pick<ModelQueue, 'past'> = { past: [] };
  noteWait(queue, 'full', null, 0);
  noteWait(queue, 'not-loaded', 'pc: a was loaded a moment ago', 1_000);
  noteWait(queue, 'not-loaded', 'pc: a was loaded a moment ago', 2_000);
  noteWait(queue, 'loading', 'pc', 31_000);
  assert.deepEqual(waitedSince(queue, since(500), 36_000), [
    { state: 'full', because: null, ms: 500 },
    { state: 'not-loaded', because: 'pc: a was loaded a moment ago', ms: 30_000 },
    { state: 'loading', because: 'pc', ms: 5_000 },
  ]);
  assert.deepEqual(waitedSince(queue, since(36_000), 36_000), []);
});

test('of many stretches the latest are kept', () => {
  const queue: Pick<ModelQueue, 'past'> = { past: [] };
  for (let at = 0; at < 100; at += 1) noteWait(queue, at % 2 === 0 ? 'full' : 'loading', null, at);
  assert.equal(
    waitedSince(queue, since(0), 100).reduce((sum, { ms }) => sum + ms, 0),
    32,
  );
});

test('the last slot is left by some keys; for the others there was none', () => {
  const queue: Pick<ModelQueue, 'past'> = { past: [] };
  noteWait(queue, 'full', null, 0);
  noteWait(queue, 'last-slot', null, 1_000, ['ann']);
  noteWait(queue, 'full', null, 3_000);
  assert.deepEqual(waitedSince(queue, since(0), 4_000), [
    { state: 'full', because: null, ms: 2_000 },
    { state: 'last-slot', because: null, ms: 2_000 },
  ]);
  assert.deepEqual(waitedSince(queue, since(0, 'bob'), 4_000), [{ state: 'full', because: null, ms: 4_000 }]);
});
