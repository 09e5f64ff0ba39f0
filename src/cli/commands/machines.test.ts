import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../../contract/link/messages.ts';
import { known } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { machinesText, modelsText } from './machines.ts';

const box = {
  machineId: 'mch_1',
  name: 'box',
  state: 'linked',
  labels: ['trusted', 'quiet'],
  models: ['tiny-q8'],
  reports: [],
};

test('a machine is a line: what it is, what it serves, what is wrong', () => {
  const facts: Facts = {
    'os.family': known('linux', 'test'),
    'os.distribution': known('debian', 'test'),
    'os.version': known('12', 'test'),
    'memory.total_bytes': known(16 * 1024 ** 3, 'test'),
    'os.wsl': known(1, 'test'),
  };
  const text = machinesText(
    [
      { ...box, known: { machineId: 'mch_1', name: 'box', ageMs: 0, facts } },
      { ...box, name: 'attic', machineId: 'mch_2', labels: [], state: 'away', models: [] },
    ],
    '/data',
  );
  const [head, first, second] = text.split('\n');
  assert.match(head!, /^machine +id +state +labels +system +memory +GPUs +models +findings$/);
  assert.match(first!, /^box +mch_1 +linked +trusted, quiet +debian 12 +16\.0 GiB +- +tiny-q8 +[1-9]\d*$/);
  assert.match(second!, /^attic +mch_2 +away +- +- +- +- +- +-$/);
});

test('a machine whose facts have another shape than this build knows hides no other one', () => {
  // What a newer agent tells, or one that lies.
  const facts = { 'gpu.all': known({ count: 2 }, 'test'), 'os.family': known([null], 'test') } as unknown as Facts;
  const odd = { ...box, name: 'odd', known: { machineId: 'mch_1', name: 'odd', ageMs: 0, facts } };
  const lines = machinesText([odd, { ...box, name: 'attic' }], '/data').split('\n');
  assert.match(lines[1]!, /^odd +mch_1 +linked /);
  assert.match(lines[2]!, /^attic +mch_1 +linked /);
});

test('without machines it says how to start one', () => {
  assert.match(machinesText([], '/data'), /metalyard agent --data-dir '\/data'/);
});

test('a machine by itself: how fast it is with each model, and how long first and later loads take', () => {
  const told = {
    ...{ digest: 'd', displayName: 'Tiny', window: 4_096, slots: 1, busySlots: 0 },
    ...{ thinking: false, tools: false, createdAtMs: 0 },
  };
  const pace = { readPerS: 1_830.4, writePerS: 8.24, startMs: 1, wakeMs: 0, confidence: 1 };
  const models: MachineModel[] = [
    {
      id: 'tiny-q8',
      status: 'ready',
      ...told,
      pace,
      loadMs: 900,
      loadTimes: { firstMs: 4_000, laterMs: 900, next: 'later' },
    },
    { id: 'big-q4', status: 'available', ...told, loadMs: 41_000, loadTimes: { next: 'first' } },
    { id: 'older-q4', status: 'available', ...told, loadMs: 3_000 },
    { id: 'attached', status: 'ready', ...told },
  ];
  assert.equal(
    modelsText(models),
    `\
model     state    reads/s  writes/s  first load  later  next load
tiny-q8   ready    1,830    8.2       4.0 s       0.9 s  0.9 s (later)
big-q4    on disk  -        -         -           -      41 s (guessed)
older-q4  on disk  -        -         -           -      3.0 s
attached  ready    -        -         -           -      -

`,
  );
});
