/** What a wait was for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelQueue } from '../state.ts';
import { noteWait, waitedSince } from './past.ts';

test('a wait is told in stretches, from when it began', () => {
  const queue: Pick<ModelQueue, 'past'> = { past: [] };
  noteWait(queue, 'full', null, 0);
  noteWait(queue, 'not-loaded', 'pc: a was loaded a moment ago', 1_000);
  noteWait(queue, 'not-loaded', 'pc: a was loaded a moment ago', 2_000);
  noteWait(queue, 'loading', 'pc', 31_000);
  assert.deepEqual(waitedSince(queue, 500, 36_000), [
    { state: 'full', because: null, ms: 500 },
    { state: 'not-loaded', because: 'pc: a was loaded a moment ago', ms: 30_000 },
    { state: 'loading', because: 'pc', ms: 5_000 },
  ]);
  assert.deepEqual(waitedSince(queue, 36_000, 36_000), []);
});

test('of many stretches the latest are kept', () => {
  const queue: Pick<ModelQueue, 'past'> = { past: [] };
  for (let at = 0; at < 100; at += 1) noteWait(queue, at % 2 === 0 ? 'full' : 'loading', null, at);
  assert.equal(
    waitedSince(queue, 0, 100).reduce((sum, { ms }) => sum + ms, 0),
    8,
  );
});
