/** From findings that bar a back end to what the agent loads a model on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../contract/machine/fact.ts';
import type { Facts, FactTable, Gpu } from '../contract/machine/facts.ts';
import { allLandmines } from '../landmines/index.ts';
import { planLoad } from './load-plan.ts';
import { usableBuilds } from './own-memory.ts';

const gib = 1024 ** 3;
const model = { weightBytes: 4.7e9, kvBytesPerToken: 57_344, trainedWindow: 32_768 };
const asFacts = (table: Partial<FactTable>): Facts =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, known(value, 'test')]));

for (const { code, check, example, counterExample } of allLandmines) {
  const result = check(asFacts(example));
  const effect = result.kind === 'finding' ? result.finding.effect : undefined;
  if (effect?.kind !== 'no-backend') continue;
  test(`${code}: no build for ${effect.backend} is started`, () => {
    const installed = ['cpu', effect.backend];
    assert.deepEqual(usableBuilds(asFacts(example), installed), ['cpu']);
    assert.deepEqual(usableBuilds(asFacts(counterExample), installed), installed);
  });
}

test('a model goes to the processor for an old driver, and to the GPU for a new one', () => {
  const gpu: Gpu = {
    vendor: 'nvidia',
    index: 0,
    name: known('RTX 4090', 'test'),
    vram_total_bytes: known(24 * gib, 'test'),
    vram_used_bytes: known(gib, 'test'),
    vram_free_bytes: known(23 * gib, 'test'),
    unified: known(false, 'test'),
    display_attached: known(false, 'test'),
  };
  const deviceWith = (driver: string) => {
    const memory = { 'memory.total_bytes': 64 * gib, 'memory.available_bytes': 30 * gib };
    const facts = asFacts({ 'os.family': 'linux', 'nvidia.driver': driver, 'gpu.all': [gpu], ...memory });
    const builds = usableBuilds(facts, ['cpu', 'cuda']);
    const plan = planLoad(model, facts, builds, { totalBytes: 64 * gib, freeBytes: gib }, { cores: 8 });
    return plan.ok ? plan.device : plan.failure;
  };
  assert.deepEqual([deviceWith('515.105.01'), deviceWith('595.80')], ['ram', 'gpu']);
});
