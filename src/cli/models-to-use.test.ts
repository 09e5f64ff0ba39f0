import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import type { NamesView } from '../yard/names/view-names.ts';
import { modelsToUse } from './models-to-use.ts';

const model = (id: string, window = 65_536, status: MachineModel['status'] = 'ready'): MachineModel => ({
  id,
  digest: id,
  displayName: id,
  status,
  window,
  slots: 4,
  busySlots: 0,
  thinking: false,
  tools: true,
  createdAtMs: 0,
});
const big = model('big');
const middle = model('middle');
const little = model('little');

function used(models: readonly MachineModel[], meanings: Readonly<Record<string, string>>, name?: string) {
  const choices = Object.entries(meanings).map(([choice, means]) => ({ name: choice, means }));
  const aliases = [{ name: 'mine', target: 'big', means: 'big', hidden: false }];
  const names: NamesView = { models: [], choices, aliases, minimums: [] };
  const { model: main, tiers, notes } = modelsToUse(models, names, '/data', name);
  return { ids: [tiers.large.id, main.id, tiers.small.id], notes };
}
const meanings = { large: 'big', default: 'middle', small: 'little' };

test('a client is set up with what the gateway’s tiers mean', () => {
  assert.deepEqual(used([big, middle, little], meanings), { ids: ['big', 'middle', 'little'], notes: [] });
});

test('a named model is used for everything; an alias and a tier are names too', () => {
  for (const name of ['big', 'mine', 'large']) {
    assert.deepEqual(used([big, middle, little], meanings, name).ids, ['big', 'big', 'big']);
  }
});

test('a tier whose window is smaller falls to the main model, and that is said', () => {
  const { ids, notes } = used([model('big', 8_192), middle, little], meanings);
  assert.deepEqual(ids, ['middle', 'middle', 'little']);
  assert.match(notes.join(), /large means big here, but its window of 8192 tokens is smaller than that of middle/);
});

test('a tier that is not ready falls to the main model, and the main model to one that is', () => {
  const loading = model('middle', 0, 'loading');
  assert.deepEqual(used([big, middle], meanings).ids, ['big', 'middle', 'middle']);
  assert.deepEqual(used([loading, little], meanings).ids, ['little', 'little', 'little']);
  assert.throws(() => used([loading], meanings), /middle is still loading/);
});
