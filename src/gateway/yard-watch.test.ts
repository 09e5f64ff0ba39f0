import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createYard, step } from '../yard/step.ts';
import { YardWatch } from './yard-watch.ts';

test('a yard that contradicts itself is logged and counted, and nothing stops', () => {
  const yard = createYard();
  const logged: unknown[] = [];
  const watch = new YardWatch(yard, { error: (_message, fields) => void logged.push(fields) });
  step(yard, { type: 'machine-connected', machineId: 'A', sessionId: 'A1', name: 'attic' }, 0);
  watch.look();
  assert.deepEqual(watch.health, { looks: 1, broken: 0, lastBroken: null });
  yard.waiting = 3;
  watch.look();
  watch.stop();
  const sentence = '0 requests wait and 3 are counted';
  assert.deepEqual(watch.health, { looks: 2, broken: 1, lastBroken: sentence });
  assert.deepEqual(logged, [{ broken: [sentence], found: 1 }]);
});
