/** What a key is foreseen to want, from what it wanted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Demand, foreseenSlots, isMoreThan, noDemand, noteDemand } from './demand.ts';

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

const foreseen = (demands: readonly Demand[], nowMs = 60_000): number => foreseenSlots(demands, slots, slots, nowMs);

describe('the slots that a key will want', () => {
  test('are as many as it had nearly all the time', () => {
    assert.equal(foreseen([minute(1_000, 2_000)]), 2);
    assert.equal(foreseen([minute(1_000, 2_500)]), 3, 'half of the time two, half of it three');
    assert.equal(foreseen([minute(20_000, 2_000)]), 1);
  });

  test('are fewer for several together than for each of them, because they seldom ask at once', () => {
    const seldom = [0, 1, 2].map(() => minute(20_000, 2_000));
    assert.equal(foreseen(seldom), 1);
  });

  test('are none for one who asks for much at once, but hardly ever, and no more than a share for one who always does', () => {
    const demand = noDemand(0);
    for (const atMs of [0, 30_000]) {
      for (const more of [1, -1] as const) {
        for (let count = 0; count < 8; count += 1) noteDemand(demand, more, slots, atMs + (more === 1 ? 0 : 1_000));
      }
    }
    assert.equal(foreseen([demand]), 0);
    assert.equal(foreseenSlots([minute(1_000, 6_000)], 2.5, slots, 60_000), 3);
  });

  test('are forgotten, the more the longer nothing comes', () => {
    const demand = minute(1_000, 4_000);
    while (demand.open > 0) noteDemand(demand, -1, slots, 60_000);
    assert.equal(foreseen([demand]), 4);
    assert.equal(foreseen([demand], 130_000), 0);
    assert.ok(!isMoreThan(0.2, [demand], slots, 130_000));
  });

  test('are known of a crowd from its second request on, and no more than there are', () => {
    const demand = noDemand(0);
    noteDemand(demand, 1, slots, 0);
    noteDemand(demand, 1, slots, 0);
    assert.ok(isMoreThan(1.9, [demand], slots, 0));
    for (let count = 2; count < 500; count += 1) noteDemand(demand, 1, slots, 1);
    assert.equal(foreseen([demand]), slots);
    assert.ok(!isMoreThan(slots + 0.001, [demand], slots, 60_000));
  });

  test('are not a crowd’s when a key that seldom asks does so twice at once', () => {
    const demand = minute(20_000, 2_000);
    for (let count = 0; count < 2; count += 1) noteDemand(demand, 1, slots, 60_000);
    assert.ok(!isMoreThan(1, [demand], slots, 60_000));
  });

  test('change between two requests every other second only', () => {
    const demand = minute(1_000, 2_000);
    while (demand.open > 0) noteDemand(demand, -1, slots, 60_000);
    foreseen([demand], 61_999);
    assert.equal(demand.atMs, 60_000);
    foreseen([demand], 62_000);
    assert.equal(demand.atMs, 62_000);
  });
});
