import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { machinesText } from './machines.ts';

const box = { machineId: 'mch_1', name: 'box', state: 'linked', labels: [], models: ['tiny-q8'] };

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
      { ...box, name: 'attic', state: 'away', models: [] },
    ],
    '/data',
  );
  const [head, first, second] = text.split('\n');
  assert.match(head!, /^machine +state +system +memory +GPUs +models +findings$/);
  assert.match(first!, /^box +linked +debian 12 +16\.0 GiB +- +tiny-q8 +[1-9]\d*$/);
  assert.match(second!, /^attic +away +- +- +- +- +-$/);
});

test('without machines it says how to start one', () => {
  assert.match(machinesText([], '/data'), /metalyard agent --data-dir '\/data'/);
});
