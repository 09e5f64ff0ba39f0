/** Guesses of speed before anything was measured: the right order of size, and none where nothing is known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import { assumedPace } from './assumed-pace.ts';

const model = 4.7e9;
const gpu = (vendor: Gpu['vendor'], gbps: number): Facts => ({
  // Of a GPU only these two count.
  'gpu.all': known([{ vendor, bandwidth_gbps: known(gbps, 'test') } as Gpu], 'test'),
});

test('a good GPU is guessed to write 100 tokens a second of an 8B model, and to read thousands', () => {
  const pace = assumedPace(gpu('nvidia', 1_008), model);
  assert.ok(
    pace !== undefined && pace.writePerS > 90 && pace.writePerS < 180 && pace.readPerS > 3_000,
    JSON.stringify(pace),
  );
});

test('a processor is guessed to be slow, also where a GPU stands idle beside it', () => {
  const pace = assumedPace({ ...gpu('nvidia', 1_008), 'engine.backend': known('cpu', 'test') }, model);
  assert.ok(pace !== undefined && pace.writePerS < 10 && pace.readPerS < 50, JSON.stringify(pace));
});

test('nothing is guessed without the size of the model', () => {
  assert.equal(assumedPace(gpu('apple', 400), undefined), undefined);
});
