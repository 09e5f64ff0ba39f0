import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownValue } from '../contract/machine/fact.ts';
import { LinkTroubles } from './link-troubles.ts';

function begin() {
  let now = 0;
  const troubles = new LinkTroubles(() => now);
  return {
    troubles,
    pass: (ms: number) => {
      now += ms;
    },
  };
}
const box = { machineId: 'mch_1', name: 'box' };
const minuteMs = 60_000;

test('a machine that could not be read twice is kept out for a minute after the last time', () => {
  const { troubles, pass } = begin();
  troubles.malformed(box, 'of this');
  assert.equal(troubles.unreadable('mch_1'), undefined, 'once may be a fault of the line');
  troubles.malformed(box, 'of that');
  assert.deepEqual([troubles.unreadable('mch_1'), troubles.unreadable('mch_2')], ['of that', undefined]);
  pass(minuteMs);
  assert.equal(troubles.unreadable('mch_1'), undefined);
  troubles.malformed(box, 'of that');
  assert.equal(troubles.unreadable('mch_1'), 'of that');
  troubles.forget('mch_1');
  assert.equal(troubles.unreadable('mch_1'), undefined);
});

test('troubles are facts of the machine until they have not come back for ten minutes', () => {
  const { troubles, pass } = begin();
  const told = { ...box, ageMs: 5, facts: {} };
  const shown = () =>
    troubles
      .addTo([told])
      .map(({ name, facts }) => [name, knownValue(facts['link.second_program']), knownValue(facts['link.malformed'])]);
  assert.deepEqual(shown(), [['box', '', '']]);
  troubles.sharesKey(box, '192.0.2.7');
  troubles.malformed({ machineId: 'mch_2', name: 'den' }, 'it was odd');
  assert.deepEqual(shown(), [
    ['box', '192.0.2.7', ''],
    ['den', '', 'it was odd'],
  ]);
  pass(10 * minuteMs);
  assert.deepEqual(shown(), [['box', '', '']]);
});
