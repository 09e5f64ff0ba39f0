import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beatGridMs, firstBeatInMs, newBeatTiming, shiftOf } from './beat-grid.ts';
import { heartbeatMs, newHeartbeatMs } from './lease.ts';

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

test('a fleet that grows while it beats does not crowd: with a new pace come new moments', () => {
  const machines = Array.from({ length: 10_000 }, () => ({ atMs: 0, beatMs: 0, firstMs: 0 }));
  let turns = 0;
  let fleet = 0;
  const counts = new Map<number, number>();
  for (let nowMs = 0; nowMs <= 180_000; nowMs += 1) {
    if (fleet < machines.length && nowMs >= fleet * 6) {
      const machine = machines[fleet];
      fleet += 1;
      turns += 1;
      if (machine === undefined) break;
      machine.beatMs = heartbeatMs(fleet);
      machine.atMs = nowMs + firstBeatInMs(turns, machine.beatMs, nowMs);
    }
    if ((nowMs - 20) % beatGridMs !== 0) continue;
    for (const machine of machines.slice(0, fleet)) {
      if (machine.atMs !== nowMs) continue;
      if (nowMs > 125_000) counts.set(nowMs, (counts.get(nowMs) ?? 0) + 1);
      const wantedMs = newHeartbeatMs(machine.beatMs, fleet);
      // Told with this one, taken up with the next.
      machine.atMs += machine.firstMs || machine.beatMs;
      machine.firstMs = 0;
      if (wantedMs === null) continue;
      turns += 1;
      machine.firstMs = firstBeatInMs(turns, wantedMs, machine.atMs);
      machine.beatMs = wantedMs;
    }
  }
  const each = [...counts.values()];
  assert.ok(each.length > 200 && Math.max(...each) <= 125, `${Math.max(...each)} at once`);
});
