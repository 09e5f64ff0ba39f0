import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyPlace } from '../../contract/key-places.ts';
import { invariants } from '../invariants.ts';
import { createYard, step, type YardState } from '../step.ts';
import { machinesWithin } from './called.ts';
import { type Confines, outsideBecause } from './circles.ts';

function connect(yard: YardState, machineId: string, name: string, labels: readonly string[]): void {
  step(yard, { type: 'machine-connected', machineId, sessionId: machineId, name, labels }, 0);
}

const word = fc.constantFrom('a', 'b', 'c', 'trusted');
const words = fc.uniqueArray(word, { maxLength: 3 });
const confines: fc.Arbitrary<Confines> = fc.record({
  wishes: fc.option(fc.record({ machines: fc.option(words), labels: words })),
  places: fc.option(fc.record({ ...anyWords(), trustedOnly: fc.boolean() })),
});
function anyWords() {
  return { machines: fc.option(words), labels: words };
}

test('whatever is asked for: those are found that meet it, also after machines were renamed and forgotten', () => {
  const change = fc.record({
    id: fc.constantFrom('1', '2', '3', 'a'),
    name: word,
    labels: words,
    isGone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), confines, (changes, asked) => {
      const yard = createYard();
      for (const { id, name, labels, isGone } of changes) {
        if (isGone) step(yard, { type: 'machine-removed', machineId: id }, 0);
        else if (yard.machines.has(id)) step(yard, { type: 'machine-named', machineId: id, name, labels }, 0);
        else connect(yard, id, name, labels);
      }
      assert.deepEqual(invariants(yard), []);
      const inside = [...yard.machines.values()].filter((machine) => outsideBecause(asked, machine) === null);
      assert.deepEqual(machinesWithin(yard, asked), inside);
    }),
  );
});

test('a wish that few machines meet costs a look at few, however many there are', () => {
  const yard = createYard();
  for (let at = 0; at < 1_000; at += 1) connect(yard, `m${at}`, `box-${at}`, ['house', `room-${at % 100}`]);
  let looked = 0;
  for (const machine of yard.machines.values()) {
    const { labels } = machine;
    Object.defineProperty(machine, 'labels', {
      get: () => {
        looked += 1;
        return labels;
      },
    });
  }
  const within = (asked: Partial<Confines>): number =>
    machinesWithin(yard, { wishes: null, places: null, ...asked }).length;
  assert.equal(within({ wishes: { machines: null, labels: ['house', 'room-7'] } }), 10);
  assert.equal(within({ wishes: { machines: ['box-3'], labels: ['house'] } }), 1);
  assert.equal(within({ places: { ...anyPlace, machines: ['m9'] } }), 1);
  assert.ok(looked < 50, `${looked} looks`);
});
