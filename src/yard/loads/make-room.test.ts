/** Which models are unloaded for another, and which stay. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cooled, makeRoom, type Resident, residencyMs } from './make-room.ts';

const resident = (id: string, more: Partial<Resident> = {}): Resident => ({
  id,
  bytes: 10,
  busySlots: 0,
  stays: null,
  loadedAtMs: 0,
  loadMs: 1_000,
  againMs: 1_000,
  heat: 0,
  ...more,
});
/** Long after every residency. */
const later = 1_000_000;

describe('room for a model', () => {
  test('that is there costs nothing', () => {
    assert.deepEqual(makeRoom(0, [resident('a')], later), { kind: 'free' });
  });

  test('is made by the set that is cheapest to load again, not by the largest', () => {
    const residents = [
      resident('slow', { bytes: 20, againMs: 60_000 }),
      resident('quick', { bytes: 10 }),
      resident('quick-too', { bytes: 10 }),
    ];
    assert.deepEqual(makeRoom(20, residents, later), { kind: 'unload', ids: ['quick', 'quick-too'] });
    assert.deepEqual(makeRoom(15, residents.slice(0, 2), later), { kind: 'unload', ids: ['slow'] });
  });

  test('is made by what is used less, other things being equal', () => {
    const residents = [resident('used', { heat: 5 }), resident('forgotten', { heat: cooled(5, 3_600_000) })];
    assert.deepEqual(makeRoom(5, residents, later), { kind: 'unload', ids: ['forgotten'] });
  });

  test('is never made by what is busy: it takes no new tickets, and is asked for again soon', () => {
    assert.deepEqual(makeRoom(5, [resident('a', { busySlots: 1 })], later), {
      kind: 'wait',
      retryAfterMs: 1_000,
      because: 'a is finishing what was begun',
      givingWay: ['a'],
    });
  });

  test('is not made by what has just been loaded: the wait is what is left of its time', () => {
    const decision = makeRoom(5, [resident('a', { loadedAtMs: 100_000, busySlots: 1 })], 110_000);
    assert.deepEqual(decision, {
      kind: 'wait',
      retryAfterMs: 20_000,
      because: 'a was loaded a moment ago',
      givingWay: [],
    });
  });

  test('is not made by what is pinned, and that is said', () => {
    const decision = makeRoom(5, [resident('a', { stays: 'pinned' })], later);
    assert.deepEqual(decision, {
      kind: 'never',
      because: 'a is pinned (metalyard models unpin)',
      isForOthers: true,
    });
  });

  test('is not made by what is to stay loaded on some machines, and how to change that is said', () => {
    const decision = makeRoom(5, [resident('a', { stays: 'kept' }), resident('b', { stays: 'pinned' })], later);
    const because = 'b is pinned (metalyard models unpin) and a is to stay loaded (metalyard models min)';
    assert.deepEqual(decision, { kind: 'never', because, isForOthers: true });
  });

  test('is waited for only as long as the soonest models need that suffice', () => {
    const residents = [
      resident('old', { loadedAtMs: 0 }),
      resident('newer', { loadedAtMs: 10_000 }),
      resident('newest', { loadedAtMs: 20_000 }),
    ];
    const decision = makeRoom(20, residents, 25_000);
    assert.equal(decision.kind === 'wait' && decision.retryAfterMs, 15_000);
  });
});

test('a model stays four times as long as its load took, within bounds', () => {
  assert.equal(residencyMs(500), 30_000);
  assert.equal(residencyMs(20_000), 80_000);
  assert.equal(residencyMs(600_000), 300_000);
});
