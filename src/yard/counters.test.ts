import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyPlace } from '../contract/key-places.ts';
import { counters } from './counters.ts';
import { createYard, step } from './step.ts';

test('the first machine that can count is found with a look at it, however many a key may use', () => {
  const yard = createYard();
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  for (let at = 0; at < 500; at += 1) {
    const session = { machineId: `m${at}`, sessionId: `m${at}` };
    step(yard, { type: 'machine-connected', ...session, name: `box-${at}`, labels: ['trusted'] }, 0);
    const models = [{ id: 'tiny', status: 'ready' as const, slots: 1, busySlots: 0, ...facts }];
    step(yard, { type: 'machine-reported', ...session, models, draining: false }, 0);
  }
  let looked = 0;
  for (const machine of yard.machines.values()) {
    const { labels } = machine;
    const get = () => {
      looked += 1;
      return labels;
    };
    Object.defineProperty(machine, 'labels', { get });
  }
  const confines = { wishes: null, places: { ...anyPlace, trustedOnly: true } };
  const [first] = counters(yard, { model: 'tiny', vision: false, confines }, true);
  assert.equal(first?.machine.status, 'live');
  assert.ok(looked <= 2, `${looked} looks`);
  assert.deepEqual([...counters(yard, { model: 'nobody has it', vision: false, confines }, true)], []);
  assert.ok(looked <= 2, `${looked} looks`);
});
