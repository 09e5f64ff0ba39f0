import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restartDelay } from './restart-policy.ts';

test('the first crash waits a second, each further one twice as long', () => {
  const crashes: number[] = [];
  const delays = [0, 10_000, 20_000, 30_000].map((atMs) => {
    crashes.push(atMs);
    return restartDelay(crashes, atMs);
  });
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000]);
});

test('the fifth crash in ten minutes quarantines the model', () => {
  assert.equal(
    restartDelay(
      [0, 1, 2, 3, 4].map((i) => i * 60_000),
      240_000,
    ),
    'quarantine',
  );
});

test('crashes older than ten minutes are forgotten', () => {
  assert.equal(restartDelay([0, 1_000, 2_000, 3_000, 700_000], 700_000), 1_000);
});
