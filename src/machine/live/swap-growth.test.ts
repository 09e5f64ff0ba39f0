import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SwapSample, swappedOut, watched } from './swap-growth.ts';

/** What is told after each of these counts, one in five seconds. */
function told(counts: readonly number[]): readonly (number | null)[] {
  let samples: readonly SwapSample[] = [];
  return counts.map((pages, place) => {
    samples = watched(samples, { atS: 5 * place, pages });
    assert.ok(samples.length <= 7);
    return swappedOut(samples);
  });
}

test('growth is told once half a minute was watched, and then of the last half minute', () => {
  assert.deepEqual(told([900, 900, 900, 900, 900, 900, 910, 960, 960]), [
    null,
    null,
    null,
    null,
    null,
    null,
    10,
    60,
    60,
  ]);
  assert.deepEqual(
    told([0, 500, 500, 500, 500, 500, 500, 500, 500]).slice(6),
    [500, 0, 0],
    'what is older does not count',
  );
});

test('a count that has begun anew is watched anew', () => {
  assert.deepEqual(told([900, 900, 900, 900, 900, 900, 3, 3, 3, 3, 3, 3, 4]).slice(5), [
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    1,
  ]);
});

test('a sample that was late makes the window longer, not the growth smaller', () => {
  const samples = [
    { atS: 0, pages: 0 },
    { atS: 20, pages: 100 },
    { atS: 45, pages: 300 },
  ];
  const kept = samples.reduce<readonly SwapSample[]>((sum, sample) => watched(sum, sample), []);
  assert.equal(swappedOut(kept), 300);
});
