import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { createOutputBatch } from './output-batch.ts';

test('one turn of the event loop gives one frame, its deltas joined', async () => {
  const frames: GenerationEvent[][] = [];
  const batch = createOutputBatch((events) => frames.push(events));
  batch.add([{ type: 'block-start', block: { kind: 'text' } }]);
  batch.add([{ type: 'block-delta', text: 'a' }]);
  batch.add([{ type: 'block-delta', text: 'b' }, { type: 'block-end' }]);
  assert.equal(frames.length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(frames, [
    [{ type: 'block-start', block: { kind: 'text' } }, { type: 'block-delta', text: 'ab' }, { type: 'block-end' }],
  ]);
});

test('deltas of different blocks are never joined', () => {
  const frames: GenerationEvent[][] = [];
  const batch = createOutputBatch((events) => frames.push(events));
  batch.add([
    { type: 'block-delta', text: 'a' },
    { type: 'block-end' },
    { type: 'block-start', block: { kind: 'text' } },
    { type: 'block-delta', text: 'b' },
  ]);
  batch.flush();
  assert.equal(frames[0]?.length, 4);
});

test('only the latest of several progress reports is sent', () => {
  const frames: GenerationEvent[][] = [];
  const batch = createOutputBatch((events) => frames.push(events));
  for (const doneTokens of [1, 2, 3]) {
    batch.add([{ type: 'progress', phase: 'prefill', doneTokens, totalTokens: 3 }]);
  }
  batch.flush();
  assert.deepEqual(frames, [[{ type: 'progress', phase: 'prefill', doneTokens: 3, totalTokens: 3 }]]);
});
