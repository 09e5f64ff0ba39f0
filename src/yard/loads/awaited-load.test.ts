import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../../contract/link/messages.ts';
import { createYard, step } from '../step.ts';
import { awaitedLoad } from './awaited-load.ts';

const model = 'big';
const facts = { digest: 'd', displayName: 'Big', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };

test('what a request waits for is known from the first wish for a load until its turn', () => {
  const yard = createYard();
  const report = (told: Partial<MachineModel> & Pick<MachineModel, 'status'>, nowMs: number) => {
    const models = [{ id: model, slots: 0, busySlots: 0, loadMs: 20_000, ...facts, ...told }];
    step(yard, { type: 'machine-reported', machineId: 'm', sessionId: 's', models, draining: false }, nowMs);
  };
  step(yard, { type: 'machine-connected', machineId: 'm', sessionId: 's', name: 'mb' }, 0);
  report({ status: 'available' }, 0);
  assert.equal(awaitedLoad(yard, 'r1'), null);
  step(yard, { type: 'request-submitted', requestId: 'r1', keyId: 'k', model, estimatedTokens: 10 }, 10);
  assert.deepEqual(awaitedLoad(yard, 'r1'), { model, stage: 'asked' });
  // In a moment it looks again: nobody is told what follows from that.
  const busy = { machineId: 'm', sessionId: 's', model, message: 'another model is being loaded' };
  step(yard, { type: 'load-declined', ...busy, retryAfterMs: 2_000 }, 12);
  const looked = step(yard, { type: 'clock-advanced' }, 1_012);
  assert.deepEqual(looked, [{ type: 'request-queued', requestId: 'r1', position: 1 }]);
  step(yard, { type: 'clock-advanced' }, 2_012);
  const declined = { machineId: 'm', sessionId: 's', model, message: 'small was loaded a moment ago' };
  const effects = step(yard, { type: 'load-declined', ...declined, retryAfterMs: 20_000 }, 2_020);
  assert.deepEqual(effects, []);
  const because = 'mb: small was loaded a moment ago';
  assert.deepEqual(awaitedLoad(yard, 'r1'), { model, stage: 'waiting', because, againMs: 20_000 });
  // What it waits for is its ETA: to be asked again, and the load.
  const told = step(yard, { type: 'clock-advanced' }, 3_020);
  assert.deepEqual(told, [{ type: 'request-queued', requestId: 'r1', position: 1, etaMs: 39_000 }]);
  step(yard, { type: 'clock-advanced' }, 22_020);
  report({ status: 'loading', loadFraction: 0.25 }, 22_030);
  assert.deepEqual(awaitedLoad(yard, 'r1'), {
    ...{ model, stage: 'loading', machine: 'mb', fraction: 0.25 },
    leftMs: 15_000,
  });
  report({ status: 'ready', slots: 1 }, 35_000);
  assert.equal(awaitedLoad(yard, 'r1'), null);
});
