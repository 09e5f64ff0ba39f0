import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRestart } from './restart-policy.ts';

test('the first crash waits a second, each further one twice as long', () => {
  const crashes: number[] = [];
  const delays = [0, 10_000, 20_000, 30_000].map((atMs) => {
    crashes.push(atMs);
    return nextRestart(crashes, atMs).delayMs;
  });
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000]);
});

test('the fifth crash in ten minutes quarantines the model for half an hour', () => {
  const crashes = [0, 1, 2, 3, 4].map((i) => i * 60_000);
  assert.deepEqual(nextRestart(crashes, 240_000), { delayMs: 30 * 60_000, quarantined: true });
});

test('crashes older than ten minutes are forgotten', () => {
  assert.deepEqual(nextRestart([0, 1_000, 2_000, 3_000, 700_000], 700_000), { delayMs: 1_000, quarantined: false });
});
