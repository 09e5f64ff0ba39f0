import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createSlotDesk, type TicketName } from './slots.ts';

const r1 = { requestId: 'r1', attempt: 1 };
const r2 = { requestId: 'r2', attempt: 1 };
const never = (): void => assert.fail('nothing is superseded here');

describe('the slot desk', () => {
  test('takes a slot from the decision to the end', () => {
    const desk = createSlotDesk({ slots: 2 });
    assert.deepEqual(desk.decide(r1, never), { kind: 'accept' });
    assert.equal(desk.busy, 1);
    assert.equal(desk.begin(r1), true);
    assert.equal(desk.end(r1), true);
    assert.equal(desk.busy, 0);
    assert.equal(desk.end(r1), false, 'an end counts once');
  });

  test('declines as busy when no slot is free, a reserved one included', () => {
    const desk = createSlotDesk({ slots: 1 });
    desk.decide(r1, never);
    assert.deepEqual(desk.decide(r2, never), { kind: 'decline', reason: { code: 'busy', busySlots: 1, slots: 1 } });
    assert.equal(desk.busy, 1);
  });

  test('frees at once what is cancelled before the engine was asked', () => {
    const desk = createSlotDesk({ slots: 1 });
    desk.decide(r1, never);
    assert.equal(desk.cancel(r1), 'freed');
    assert.equal(desk.begin(r1), false, 'too late to begin');
    assert.equal(desk.busy, 0);
  });

  test('keeps the slot of what is cancelled in the engine until it has stopped', () => {
    const desk = createSlotDesk({ slots: 1 });
    desk.decide(r1, never);
    desk.begin(r1);
    assert.equal(desk.isWanted(r1), true);
    assert.equal(desk.cancel(r1), 'stop');
    assert.equal(desk.cancel(r1), 'stop', 'a repeated cancel');
    assert.equal(desk.isWanted(r1), false);
    assert.equal(desk.busy, 1);
    desk.end(r1);
    assert.equal(desk.cancel(r1), 'unknown');
    assert.equal(desk.busy, 0);
  });

  test('leaves repeated and stale offers unanswered', () => {
    const desk = createSlotDesk({ slots: 4 });
    desk.decide({ requestId: 'r1', attempt: 2 }, never);
    assert.deepEqual(desk.decide({ requestId: 'r1', attempt: 2 }, never), { kind: 'ignore' });
    assert.deepEqual(desk.decide({ requestId: 'r1', attempt: 1 }, never), { kind: 'ignore' });
    assert.equal(desk.busy, 1);
    desk.end({ requestId: 'r1', attempt: 2 });
    assert.deepEqual(desk.decide({ requestId: 'r1', attempt: 2 }, never), { kind: 'ignore' }, 'it ran already');
    assert.equal(desk.decide({ requestId: 'r1', attempt: 3 }, never).kind, 'accept');
  });

  test('lets a higher attempt supersede the earlier one, which keeps its slot until its engine has stopped', () => {
    const desk = createSlotDesk({ slots: 2 });
    const superseded: TicketName[] = [];
    desk.decide(r1, never);
    desk.begin(r1);
    const decision = desk.decide({ requestId: 'r1', attempt: 2 }, (earlier) => {
      superseded.push(earlier);
      assert.equal(desk.cancel(earlier), 'stop');
    });
    assert.deepEqual(decision, { kind: 'accept' });
    assert.deepEqual(superseded, [r1]);
    assert.equal(desk.busy, 2);
    assert.equal(desk.isWanted(r1), false);
    assert.equal(desk.isWanted({ requestId: 'r1', attempt: 2 }), true);
  });

  test('gives the slot of a superseded reservation to its successor', () => {
    const desk = createSlotDesk({ slots: 1 });
    desk.decide(r1, never);
    const decision = desk.decide({ requestId: 'r1', attempt: 2 }, (earlier) => desk.cancel(earlier));
    assert.deepEqual(decision, { kind: 'accept' });
    assert.equal(desk.busy, 1);
  });

  test('declines a higher attempt while the earlier one still stops in the only slot', () => {
    const desk = createSlotDesk({ slots: 1 });
    desk.decide(r1, never);
    desk.begin(r1);
    const decision = desk.decide({ requestId: 'r1', attempt: 2 }, (earlier) => desk.cancel(earlier));
    assert.equal(decision.kind, 'decline');
  });

  test('never counts more than its slots, nor other than what is here, whatever it is told', () => {
    const ticket = fc.record({ requestId: fc.constantFrom('a', 'b', 'c'), attempt: fc.integer({ min: 1, max: 3 }) });
    const call = fc.record({ name: fc.constantFrom('decide', 'begin', 'cancel', 'end'), ticket });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.array(call, { maxLength: 40 }), (slots, calls) => {
        const desk = createSlotDesk({ slots });
        const here = new Set<string>();
        const key = (name: TicketName): string => `${name.requestId}.${name.attempt}`;
        const cancel = (name: TicketName): void => {
          if (desk.cancel(name) === 'freed') here.delete(key(name));
        };
        for (const { name, ticket: told } of calls) {
          if (name === 'decide' && desk.decide(told, cancel).kind === 'accept') here.add(key(told));
          if (name === 'begin') desk.begin(told);
          if (name === 'cancel') cancel(told);
          if (name === 'end') assert.equal(desk.end(told), here.delete(key(told)));
          assert.equal(desk.busy, here.size);
          assert.ok(desk.busy <= slots);
        }
      }),
      { numRuns: 200 },
    );
  });
});
