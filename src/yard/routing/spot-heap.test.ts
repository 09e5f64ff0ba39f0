/** The heap against a sorted list, whatever is put in, moved and taken out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServedModel } from '../state.ts';
import { SpotHeap } from './spot-heap.ts';

/** Of a served model only what the heap looks at. */
const item = (order: number): ServedModel =>
  ({ machine: { order }, spot: { key: 0, room: 1, index: -1 } }) as unknown as ServedModel;

test('the first is always the least, and everybody is where they think they are', () => {
  const moves = fc.array(fc.tuple(fc.nat(30), fc.nat(9), fc.nat(2), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(moves, (steps) => {
      const heap = new SpotHeap();
      const items = Array.from({ length: 31 }, (_, order) => item(order));
      for (const [which, key, room, isPut] of steps) {
        const served = items[which]!;
        if (isPut) {
          served.spot.key = key;
          served.spot.room = room;
          heap.put(served);
        } else if (served.spot.index >= 0) heap.remove(served);
        const inside = items.filter(({ spot }) => spot.index >= 0);
        assert.equal(heap.items.length, inside.length);
        for (const each of inside) assert.equal(heap.items[each.spot.index], each);
        const [least] = inside.toSorted(
          (a, b) => a.spot.key - b.spot.key || b.spot.room - a.spot.room || a.machine.order - b.machine.order,
        );
        assert.equal(heap.items[0], least);
      }
    }),
    { numRuns: 100 },
  );
});
