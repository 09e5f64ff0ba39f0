import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import { createYard, step, type YardState } from './step.ts';
import { availableModels, viewYard } from './view.ts';

const model = (id: string, status: MachineModel['status'], window = 8_192): MachineModel => ({
  id,
  digest: id,
  displayName: id,
  status,
  window,
  slots: 2,
  busySlots: 0,
  thinking: true,
  tools: true,
  createdAtMs: 0,
});

function join(yard: YardState, machineId: string, models: readonly MachineModel[], nowMs: number): void {
  step(yard, { type: 'machine-connected', machineId, sessionId: machineId, name: `${machineId}'s` }, nowMs);
  step(yard, { type: 'machine-reported', machineId, sessionId: machineId, models, draining: false }, nowMs);
}

const outlooks = (yard: YardState): string[] => availableModels(yard).map(({ id, outlook }) => `${id} ${outlook}`);

test('a model is listed once, as it stands where it stands best', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'loading', 1), model('big', 'failed')], 0);
  join(yard, 'B', [model('tiny', 'ready', 2)], 0);
  assert.deepEqual(outlooks(yard), ['tiny ready', 'big failed']);
  assert.equal(availableModels(yard)[0]?.window, 2);
});

test('the models of a lost machine keep their names for two minutes, then it is forgotten', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  step(yard, { type: 'machine-disconnected', machineId: 'A', sessionId: 'A' }, 10);
  assert.deepEqual(outlooks(yard), ['tiny absent']);
  assert.equal(viewYard(yard).machines[0]?.status, 'lost');
  assert.equal(yard.wakeAtMs, 120_010);
  step(yard, { type: 'clock-advanced' }, 120_010);
  assert.deepEqual(outlooks(yard), []);
  assert.deepEqual(viewYard(yard).machines, []);
  assert.equal(yard.wakeAtMs, null);
});

test('the models of a machine that comes back keep their names until it tells of others', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  join(yard, 'B', [model('big', 'ready')], 0);
  step(yard, { type: 'machine-disconnected', machineId: 'A', sessionId: 'A' }, 10);
  step(yard, { type: 'machine-connected', machineId: 'A', sessionId: 'A2', name: 'A' }, 20);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'tiny absent'], 'it has told nothing yet');
  const tell = (models: readonly MachineModel[]) =>
    step(yard, { type: 'machine-reported', machineId: 'A', sessionId: 'A2', models, draining: false }, 30);
  tell([]);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'tiny absent'], 'it is still reading its files');
  tell([model('small', 'loading')]);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'small loading']);
});

test('the view counts who waits and who is at work', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  for (const requestId of ['r1', 'r2', 'r3']) {
    step(yard, { type: 'request-submitted', requestId, keyId: 'key', model: 'tiny', estimatedTokens: 1 }, 1);
  }
  const { waiting, running, draining, machines } = viewYard(yard);
  assert.deepEqual({ waiting, running, draining }, { waiting: 1, running: 2, draining: false });
  const [machine] = machines;
  assert.deepEqual(
    { name: machine?.name, status: machine?.status, tickets: machine?.tickets, models: machine?.models.length },
    { name: "A's", status: 'live', tickets: 2, models: 1 },
  );
});
