import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { invariants } from './invariants.ts';
import { arrange, noteChange } from './routing/fleet.ts';
import { createYard, step, type YardState } from './step.ts';

/** Machine A works on r1 in its only slot; r2 and r3 wait. */
function busyYard(): YardState {
  const yard = createYard();
  const A = { machineId: 'A', sessionId: 's' };
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  const models = [{ id: 'tiny', status: 'ready', slots: 1, busySlots: 0, ...facts }] as const;
  step(yard, { type: 'machine-connected', ...A, name: 'A' }, 0);
  step(yard, { type: 'machine-reported', ...A, models, draining: false }, 0);
  for (const requestId of ['r1', 'r2', 'r3']) {
    step(yard, { type: 'request-submitted', requestId, keyId: 'key', model: 'tiny', estimatedTokens: 1 }, 0);
  }
  step(yard, { type: 'offer-accepted', machineId: 'A', requestId: 'r1', attempt: 1, promptTokens: 1 }, 0);
  return yard;
}

describe('the invariants', () => {
  test('hold in a busy yard', () => assert.deepEqual(invariants(busyYard()), []));

  const damages: readonly (readonly [damage: string, expected: RegExp, inflict: (yard: YardState) => void])[] = [
    ['a slot that was lost', /r1 is accepted without its slot/, (yard) => yard.machines.get('A')!.holds.clear()],
    ['a slot that is held for nobody', /A holds a slot for void r1\/1/, (yard) => yard.tickets.delete('r1')],
    [
      'a ticket nobody watches',
      /r1 is accepted and nobody watches/,
      (yard) => yard.deadlines.disarm(yard.tickets.get('r1')!.answer),
    ],
    [
      'a ticket that fell out of the queue',
      /2 requests are queued and 1 stand in queues/,
      (yard) => yard.queues.get('tiny')!.lanes.interactive.leave(yard.tickets.get('r3')!),
    ],
    [
      'a queue out of order',
      /the queue of tiny is out of order/,
      (yard) => Object.assign(yard.tickets.get('r3')!, { sequence: 0 }),
    ],
    [
      'a free slot while somebody waits',
      /r2 waits although a slot for it is free/,
      (yard) => {
        yard.machines.get('A')!.models.get('tiny')!.slots = 2;
      },
    ],
    [
      'a machine whose lease nobody watches',
      /nobody watches the lease of A/,
      (yard) => yard.deadlines.disarm(yard.machines.get('A')!.lease),
    ],
    [
      'a model that is waited for and could be loaded',
      /cold is waited for and B could load it, but is not asked/,
      (yard) => {
        const session = { machineId: 'B', sessionId: 's' };
        const { report } = yard.machines.get('A')!.models.get('tiny')!;
        const models = [{ ...report, id: 'cold', digest: 'c', status: 'available', slots: 0 }] as const;
        step(yard, { type: 'machine-connected', ...session, name: 'B' }, 1);
        step(yard, { type: 'machine-reported', ...session, models, draining: false }, 1);
        const asked = { requestId: 'r4', keyId: 'key', model: 'cold', estimatedTokens: 1 };
        step(yard, { type: 'request-submitted', ...asked }, 1);
        const { load, machine } = yard.machines.get('B')!.models.get('cold')!;
        yard.deadlines.disarm(load.deadline);
        load.stage = 'idle';
        noteChange(machine);
        arrange(yard);
      },
    ],
    [
      'a model that is loaded on too few machines while nobody sees to it',
      /0 of 1 copies of big are loaded and nobody sees to it/,
      (yard) => {
        step(yard, { type: 'minimums-set', minimums: new Map([['big', 1]]) }, 1);
        yard.deadlines.disarm(yard.keeping.get('big')!.patience);
      },
    ],
    [
      'a count that is off',
      /2 requests wait and 5 are counted/,
      (yard) => {
        yard.waiting = 5;
      },
    ],
  ];
  for (const [damage, expected, inflict] of damages) {
    test(`tell ${damage}`, () => {
      const yard = busyYard();
      inflict(yard);
      assert.match(invariants(yard).join('\n'), expected);
    });
  }
});
