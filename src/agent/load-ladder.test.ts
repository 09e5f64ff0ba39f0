/** The rungs of a load that should have fitted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadForm, rungAfter } from './load-ladder.ts';

const planned: LoadForm = { window: 32_768, slots: 4, threads: 8, gpu: 'auto' };
const free = { window: false, slots: false };
const says = (form: LoadForm, layers: number, fixed: typeof free): string[] => {
  const found: string[] = [];
  for (let failures = 1; ; failures++) {
    const rung = rungAfter(failures, form, layers, fixed);
    if (rung === null) return found;
    found.push(rung.says);
  }
};

test('the same first, then smaller, one thing at a time', () => {
  assert.deepEqual(says(planned, 32, free), [
    'the same again in a new engine process',
    'the KV cache at q8_0',
    '2 slots instead of 4',
    'a window of 16384 tokens instead of 32768',
    'at most 16 of 32 layers on the GPU',
  ]);
  assert.deepEqual(rungAfter(5, planned, 32, free)?.form, {
    window: 16_384,
    slots: 2,
    threads: 8,
    gpu: 'auto',
    kvType: 'q8_0',
    gpuLayers: 16,
  });
});

test('what the owner has fixed stays, and what cannot shrink is left out', () => {
  assert.deepEqual(says(planned, 32, { window: true, slots: true }), [
    'the same again in a new engine process',
    'the KV cache at q8_0',
    'at most 16 of 32 layers on the GPU',
  ]);
  assert.deepEqual(says({ window: 4_096, slots: 1, threads: 8, gpu: 'off' }, 32, free), [
    'the same again in a new engine process',
    'the KV cache at q8_0',
  ]);
});
