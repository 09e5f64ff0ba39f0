import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDeadline, Deadlines, isArmed } from './deadlines.ts';

test('deadlines fire in the order of their times, and of arming among equals', () => {
  const operation = fc.record({ index: fc.nat(9), atMs: fc.option(fc.nat(20), { nil: null }) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const deadlines = new Deadlines<number>();
      const all = Array.from({ length: 10 }, (_, index) => createDeadline(index));
      const expected = new Map<number, number>();
      for (const { index, atMs } of operations) {
        expected.delete(index);
        if (atMs === null) deadlines.disarm(all[index]!);
        else {
          deadlines.arm(all[index]!, atMs);
          expected.set(index, atMs);
        }
        assert.equal(deadlines.nextAtMs, expected.size === 0 ? null : Math.min(...expected.values()));
      }
      // A stable sort by time over the order of arming.
      const order = [...expected].toSorted((a, b) => a[1] - b[1]).map(([index]) => index);
      const fired: number[] = [];
      for (let due = deadlines.takeDue(20); due !== null; due = deadlines.takeDue(20)) fired.push(due.subject);
      assert.deepEqual(fired, order);
      assert.ok(all.every((deadline) => !isArmed(deadline)));
    }),
    { numRuns: 300 },
  );
});

test('nothing fires before its time, and everything can be delayed', () => {
  const deadlines = new Deadlines<string>();
  const one = createDeadline('one');
  deadlines.arm(one, 10);
  assert.equal(deadlines.takeDue(9), null);
  deadlines.delayAll(5);
  assert.equal(deadlines.takeDue(14), null);
  assert.equal(deadlines.takeDue(15), one);
});
