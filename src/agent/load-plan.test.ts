/** Where a 7B model goes on machines of all kinds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import { planLoad } from './load-plan.ts';

const gib = 1024 ** 3;
/** Qwen2.5 7B at Q4_K_M: 28 layers, 4 KV heads of 128. */
const qwen7b = { weightBytes: 4.7e9, kvBytesPerToken: 57_344, trainedWindow: 32_768 };
const ram = (availableGib: number): Facts => ({
  'memory.total_bytes': known(64 * gib, 'test'),
  'memory.available_bytes': known(availableGib * gib, 'test'),
});
const gpu = (freeGib: number | null): Facts => ({
  'gpu.all': known(
    [
      {
        vendor: 'nvidia',
        index: 0,
        name: known('NVIDIA GeForce RTX 4090', 'test'),
        vram_total_bytes: known(24 * gib, 'test'),
        vram_used_bytes: unknown('not-reported', '[N/A]'),
        vram_free_bytes: freeGib === null ? unknown('not-reported', '[N/A]') : known(freeGib * gib, 'test'),
        unified: known(false, 'test'),
        display_attached: known(false, 'test'),
      } satisfies Gpu,
    ],
    'test',
  ),
});
const node = { totalBytes: 64 * gib, freeBytes: 1 * gib };
const plan = (facts: Facts, builds: readonly string[]) => planLoad(qwen7b, facts, builds, node, { cores: 8 });

test('on the GPU when a build for it is there and it fits', () => {
  const found = plan({ ...ram(30), ...gpu(23) }, ['cpu', 'cuda']);
  const planned = { plan: { window: 32_768, slots: 4, threads: 8 }, bytes: 4.7e9 + 4 * 32_768 * 57_344, device: 'gpu' };
  assert.deepEqual(found, { ok: true, gpu: 'auto', notes: [], ...planned });
});

test('on the processor, and said so with both numbers, when it does not fit the GPU', () => {
  const found = plan({ ...ram(30), ...gpu(4) }, ['cpu', 'cuda']);
  assert.ok(found.ok && found.gpu === 'off');
  assert.match(found.notes.join(), /runs on the processor.*needs 4\.9 GB.*but only 4\.0 GB may be used/);
});

test('on the processor where no build can use the GPU', () => {
  const found = plan({ ...ram(30), ...gpu(23) }, ['cpu']);
  assert.ok(found.ok && found.gpu === 'off');
  assert.deepEqual(found.notes, []);
});

test('a GPU whose memory nobody knows is left to the engine, and said so', () => {
  const found = plan({ ...ram(30), ...gpu(null) }, ['cpu', 'vulkan']);
  assert.ok(found.ok && found.gpu === 'auto');
  assert.match(found.notes.join(), /memory of the GPU is not known/);
});

test('Apple silicon: one memory, refused when it is too small', () => {
  const mac = (availableGib: number): Facts => ({
    ...ram(availableGib),
    'apple.chip': known('Apple M4', 'test'),
    'apple.working_set_bytes': known(12 * gib, 'test'),
  });
  assert.ok(plan(mac(14), ['cpu', 'metal']).ok);
  const refused = plan(mac(5), ['cpu', 'metal']);
  assert.ok(!refused.ok && refused.failure.code === 'memory');
  assert.match(
    refused.failure.message,
    /but only 3\.2 GB may be used: 5\.4 GB available, less 2\.1 GB kept for the owner/,
  );
});

test('without any probe, what Node knows is used', () => {
  const found = planLoad(qwen7b, {}, ['cpu'], { totalBytes: 32 * gib, freeBytes: 20 * gib }, { cores: 4 });
  assert.ok(found.ok);
  assert.ok(!planLoad(qwen7b, {}, ['cpu'], node, { cores: 4 }).ok);
});
