/** What a key is foreseen to want, from what it wanted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Demand, demandNow, foreseenSlots, isMoreThan, noDemand, noteDemand } from './demand.ts';

const slots = 8;

/** A minute of requests, each `forMs` long, one every `everyMs`. */
function minute(everyMs: number, forMs: number): Demand {
  const changes: [atMs: number, more: 1 | -1][] = [];
  for (let atMs = 0; atMs < 60_000; atMs += everyMs) changes.push([atMs, 1], [atMs + forMs, -1]);
  const demand = noDemand(0);
  for (const [atMs, more] of changes.toSorted(([one], [other]) => one - other)) {
    if (atMs <= 60_000) noteDemand(demand, more, slots, atMs);
  }
  return demand;
}

const foreseen = (demands: readonly Demand[], nowMs = 60_000): number => {
  const each = demands.map((demand) => demandNow(demand, slots, nowMs));
  const sum = (name: 'mean' | 'variance'): number => each.reduce((total, { [name]: value }) => total + value, 0);
  return foreseenSlots(sum('mean'), sum('variance'));
};

describe('the slots that a key will want', () => {
  test('are as many as it had nearly all the time', () => {
    assert.equal(foreseen([minute(1_000, 2_000)]), 2);
    assert.equal(foreseen([minute(1_000, 2_500)]), 3, 'half of the time two, half of it three');
    assert.equal(foreseen([minute(20_000, 2_000)]), 0);
  });

  test('are fewer for several together than for each of them, because they seldom ask at once', () => {
    const seldom = [0, 1, 2].map(() => minute(20_000, 2_000));
    assert.equal(foreseen(seldom), 1);
  });

  test('are forgotten, the more the longer nothing comes', () => {
    const demand = minute(1_000, 4_000);
    const means = [60_000, 80_000, 120_000].map((nowMs) => {
      if (nowMs === 60_000) demand.open = 0;
      return demandNow(demand, slots, nowMs).mean;
    });
    assert.ok(means[0]! > 3 && means[1]! < means[0]! / 2 && means[2]! < 0.3, String(means));
  });

  test('are known of a crowd from its second request on, and no more than there are', () => {
    const demand = noDemand(0);
    noteDemand(demand, 1, slots, 0);
    noteDemand(demand, 1, slots, 0);
    assert.ok(isMoreThan(1.9, [demand], slots, 0));
    for (let count = 2; count < 500; count += 1) noteDemand(demand, 1, slots, 1);
    assert.ok(demandNow(demand, slots, 60_000).mean <= slots);
  });

  test('are not a crowd’s when a key that seldom asks does so twice at once', () => {
    const demand = minute(20_000, 2_000);
    for (let count = 0; count < 2; count += 1) noteDemand(demand, 1, slots, 60_000);
    assert.ok(!isMoreThan(1, [demand], slots, 60_000));
  });

  test('change between two requests every other second only', () => {
    const demand = minute(1_000, 2_000);
    assert.deepEqual(demandNow(demand, slots, 60_001), demandNow(demand, slots, 61_999));
    assert.notDeepEqual(demandNow(demand, slots, 61_999), demandNow(demand, slots, 62_000));
  });
});
