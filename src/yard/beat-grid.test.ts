import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beatGridMs, firstBeatInMs, newBeatTiming, shiftOf } from './beat-grid.ts';

test('machines that begin at any time beat at moments of one grid, as many at each', () => {
  const beats = new Map<number, number>();
  for (let turn = 0; turn < 2_000; turn += 1) {
    const nowMs = 1_234 + Math.floor(turn / 7) * 13;
    const inMs = firstBeatInMs(turn, 5_000, nowMs);
    assert.ok(inMs >= 1_000 && inMs < 6_000, `${inMs}`);
    const moment = (nowMs + inMs) % 5_000;
    beats.set(moment, (beats.get(moment) ?? 0) + 1);
  }
  assert.deepEqual(new Set(beats.values()), new Set([100]));
  assert.equal(beats.size, 20);
  assert.deepEqual(new Set([...beats.keys()].map((moment) => moment % beatGridMs)), new Set([20]));
});

/** What a machine is told whose beats come so much after its moment. */
const told = (...lateMs: number[]): (number | null)[] => {
  const timing = newBeatTiming();
  return lateMs.map((late, beat) => shiftOf(timing, 20 + late + beat * 5_000 + 1_000_000));
};

test('one beat that is late was held up; two that are as late have drifted, or their way has grown longer', () => {
  assert.deepEqual(told(60, 62, 3, -2), [null, -62, null, null]);
  assert.deepEqual(told(-90, -85, 0), [null, 85, null]);
  assert.deepEqual(told(0, 100, 0, 60, 2), [null, null, null, null, null]);
  assert.deepEqual(told(0, 15, 24, 26), [null, null, -24, null]);
  assert.deepEqual(told(19, -19, 15), [null, null, null]);
});

test('a clock that runs away is told now and then only', () => {
  const answers = told(...Array.from({ length: 40 }, () => 50));
  assert.equal(answers.filter((shift) => shift !== null).length, 8);
});
