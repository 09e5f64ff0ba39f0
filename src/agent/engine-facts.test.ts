import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadedModel } from '../contract/engine/raw.ts';
import { knownValue } from '../contract/machine/fact.ts';
import { factsOf, rtx4090 } from '../landmines/examples.ts';
import { checkAll, findingsOf } from '../landmines/index.ts';
import { engineFacts } from './engine-facts.ts';

const codes = (device: NonNullable<LoadedModel['device']>): string[] => {
  // The builds of this checkout are another story: no-gpu-build.
  const { 'engine.builds': _, ...facts } = engineFacts({ build: 'llama.cpp v0.4.0', device });
  return findingsOf(checkAll({ ...factsOf({ 'gpu.all': [rtx4090] }), ...facts })).map(({ code }) => code);
};

test('an engine on the processor beside a GPU is found out', () => {
  assert.deepEqual(codes({ backend: 'cpu', offloadedLayers: 0, totalLayers: 33 }), ['cpu-fallback']);
});

test('so is a Vulkan back end without a layer on the GPU', () => {
  assert.deepEqual(codes({ backend: 'vulkan', offloadedLayers: 0, totalLayers: 33 }), ['cpu-fallback']);
});

test('a part of the layers, and all of them', () => {
  assert.deepEqual(codes({ backend: 'cuda', offloadedLayers: 20, totalLayers: 33 }), ['partial-offload']);
  assert.deepEqual(codes({ backend: 'cuda', offloadedLayers: 33, totalLayers: 33 }), []);
});

test('an engine that does not tell makes no fact', () => {
  assert.equal(knownValue(engineFacts({ build: 'another program' })['engine.backend']), undefined);
});
