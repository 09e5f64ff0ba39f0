import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOffset } from './clock-offset.ts';

for (const [what, askedMs, clockMs, tookMs, heardMs, offset] of [
  ['clocks that agree', 1_000, 1_050, 0, 1_100, 0],
  ['another that is an hour ahead', 1_000, 3_601_050, 0, 1_100, 3_600_000],
  ['another that is behind', 100_000, 40_050, 0, 100_100, -60_000],
  ['an answer that took its time is no longer way', 1_000, 4_050, 3_000, 4_100, 0],
  ['a way that takes too long', 1_000, 1_000, 0, 30_000, undefined],
  ['a clock that was set back meanwhile', 1_000, 1_000, 0, 500, undefined],
] as const) {
  test(`the offset of clocks: ${what}`, () => assert.equal(clockOffset(askedMs, { clockMs, tookMs }, heardMs), offset));
}
