import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import { readyModel } from './running-gateway.ts';

const model = (id: string, status: MachineModel['status'], more: Partial<MachineModel> = {}): MachineModel => ({
  id,
  digest: id,
  displayName: id,
  status,
  window: 65_536,
  slots: 4,
  busySlots: 0,
  thinking: false,
  tools: true,
  createdAtMs: 0,
  ...more,
});
const slow = model('slow', 'loading', { loadFraction: 0.429 });
const good = model('good', 'ready');
const other = model('other', 'ready');

test('the first ready model is taken, or the one that is named', () => {
  assert.equal(readyModel([slow, good, other], '/data'), good);
  assert.equal(readyModel([slow, good, other], '/data', 'other'), other);
});

test('a model that is loaded when it is asked for is as good, where none is ready', () => {
  const cold = model('cold', 'available');
  assert.equal(readyModel([slow, cold], '/data'), cold);
  assert.equal(readyModel([cold, good], '/data'), good);
});

test('no ready model: what there is instead is said, with the next step', () => {
  assert.throws(() => readyModel([], '/data'), /no machine serves a model\. Start one: .*metalyard agent --data-dir/);
  assert.throws(() => readyModel([slow], '/data'), /slow is still loading \(42 %\)\. .*metalyard status/);
  assert.throws(() => readyModel([slow, good], '/data', 'slow'), /slow is still loading/);
  assert.throws(() => readyModel([good, other], '/data', 'gone'), /No machine serves gone\. There is: good, other/);
  const failure = { code: 'internal', message: 'The file is damaged.' } as const;
  assert.throws(
    () => readyModel([model('bad', 'failed', { failure })], '/data'),
    /bad cannot be served: The file is damaged\./,
  );
});
