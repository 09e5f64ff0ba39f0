/** Budgets on real machines' figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Facts, Gpu } from '../../contract/machine/facts.ts';
import { gpuReserve } from '../../landmines/index.ts';
import { memoryBudget } from './budget.ts';

const gib = 1024 ** 3;
const mib = 1024 ** 2;

const gpu = (freeMib: number | null, over: Partial<Gpu> = {}): Gpu => ({
  vendor: 'nvidia',
  index: 0,
  name: known('NVIDIA GeForce RTX 4090', 'test'),
  vram_total_bytes: known(24_564 * mib, 'test'),
  vram_used_bytes: unknown('not-reported', '[N/A]', 'test'),
  vram_free_bytes: freeMib === null ? unknown('not-reported', '[N/A]', 'test') : known(freeMib * mib, 'test'),
  unified: known(false, 'test'),
  display_attached: known(false, 'test'),
  ...over,
});
const gpus = (...all: Gpu[]): Facts => ({ 'gpu.all': known(all, 'test') });
const bytesOf = (facts: Facts, kind: 'ram' | 'gpus' | 'apple', own = 0) => {
  const budget = memoryBudget(facts, { kind }, own);
  assert.ok(budget.known, JSON.stringify(budget));
  return budget.value.bytes;
};

test('RAM: what is available less 2 GiB, or an eighth of a small machine', () => {
  const facts: Facts = { 'memory.total_bytes': known(32 * gib, 't'), 'memory.available_bytes': known(20 * gib, 't') };
  assert.equal(bytesOf(facts, 'ram'), 18 * gib);
  const small: Facts = { 'memory.total_bytes': known(4 * gib, 't'), 'memory.available_bytes': known(3 * gib, 't') };
  assert.equal(bytesOf(small, 'ram'), 2.5 * gib);
});

test('RAM: what our engines hold is ours to spend again', () => {
  const facts: Facts = { 'memory.total_bytes': known(32 * gib, 't'), 'memory.available_bytes': known(4 * gib, 't') };
  assert.equal(bytesOf(facts, 'ram', 10 * gib), 12 * gib);
});

test('RAM: a container has what its limit leaves, however much the host has', () => {
  const facts: Facts = {
    'memory.total_bytes': known(64 * gib, 't'),
    'memory.available_bytes': known(50 * gib, 't'),
    'memory.limit_bytes': known(8 * gib, 't'),
    'memory.limit_used_bytes': known(1 * gib, 't'),
  };
  assert.equal(bytesOf(facts, 'ram'), 5 * gib);
});

test('Apple: the lower of the working set and what is available, less 2 GiB', () => {
  const facts = (availableGib: number): Facts => ({
    'apple.working_set_bytes': known(12_124 * mib, 't'),
    'memory.available_bytes': known(availableGib * gib, 't'),
  });
  assert.equal(bytesOf(facts(14), 'apple'), 12_124 * mib - 2 * gib);
  assert.equal(bytesOf(facts(6), 'apple'), 4 * gib);
  assert.equal(bytesOf(facts(1), 'apple'), 0);
  assert.equal(bytesOf(facts(1), 'apple', 5 * gib), 4 * gib);
});

test('GPUs: free now, less what displays need, MIG parents left out', () => {
  assert.equal(bytesOf(gpus(gpu(24_000)), 'gpus'), 23_700 * mib);
  assert.equal(bytesOf(gpus(gpu(24_000), gpu(8_000, { index: 1 })), 'gpus'), 31_400 * mib);
  assert.equal(bytesOf(gpus(gpu(24_000), gpu(80_000, { mig_enabled: known(true, 't') })), 'gpus'), 23_700 * mib);
});

test('the display reserve by system and screens', () => {
  const display = gpu(24_000, { display_attached: known(true, 't') });
  const on = (family: 'linux' | 'windows', pixels: number, screens: number): Facts => ({
    'os.family': known(family, 't'),
    'display.largest_pixels': known(pixels, 't'),
    'display.count': known(screens, 't'),
  });
  assert.equal(gpuReserve(on('linux', 1920 * 1080, 1), display), 800 * mib);
  assert.equal(gpuReserve(on('linux', 3840 * 2160, 2), display), 1_000 * mib);
  assert.equal(gpuReserve(on('windows', 1920 * 1080, 1), display), 1.5 * gib);
  assert.equal(gpuReserve(on('windows', 1920 * 1080, 2), display), 2 * gib);
  // Unknown is treated as attached: the owner's screen must not go black.
  assert.equal(gpuReserve({}, gpu(1, { display_attached: unknown('not-reported', '') })), 800 * mib);
});

test('no figure is made up where one is missing', () => {
  assert.deepEqual(memoryBudget({}, { kind: 'ram' }, 0).known, false);
  assert.deepEqual(memoryBudget(gpus(gpu(null)), { kind: 'gpus' }, 0).known, false);
  assert.deepEqual(memoryBudget(gpus(), { kind: 'gpus' }, 0).known, false);
});
