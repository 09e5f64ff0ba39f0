import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import type { OutputAmount } from '../session/credit.ts';
import { realTime } from '../transport/time.ts';
import { createOutputBatch } from './output-batch.ts';

const start: GenerationEvent = { type: 'block-start', block: { kind: 'text' } };
const delta = (text: string): GenerationEvent => ({ type: 'block-delta', text });
const end: GenerationEvent = { type: 'block-end' };

/** A batch on a clock that moves when it is told to. */
function batchIn(context: TestContext, credit?: OutputAmount) {
  const { timers } = context.mock;
  timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  let now = 1_000;
  const frames: GenerationEvent[][] = [];
  return {
    frames,
    batch: createOutputBatch({
      send: (events) => frames.push(events),
      time: { ...realTime, nowMs: () => now },
      credit,
    }),
    /** Lets this turn of the event loop end. */
    turn: () => timers.tick(0),
    /** The clock, at whole ms since the first slot began. */
    at(ms: number) {
      timers.tick(1_000 + ms - now);
      now = 1_000 + ms;
    },
  };
}

test('one turn of the event loop gives one frame, its deltas joined', (context) => {
  const { batch, frames, turn } = batchIn(context);
  batch.add([start]);
  batch.add([delta('a')]);
  batch.add([delta('b'), end]);
  assert.equal(frames.length, 0);
  turn();
  assert.deepEqual(frames, [[start, delta('ab'), end]]);
});

test('what was given is not changed by what is joined to it', (context) => {
  const { batch, frames, turn } = batchIn(context);
  const given: GenerationEvent = { type: 'block-delta', text: 'a', tokens: [1] };
  batch.add([start, given]);
  batch.add([{ type: 'block-delta', text: 'b', tokens: [2] }]);
  turn();
  assert.deepEqual(given, { type: 'block-delta', text: 'a', tokens: [1] });
  assert.deepEqual(frames, [[start, { type: 'block-delta', text: 'ab', tokens: [1, 2] }]]);
});

test('deltas that are joined keep their ids; one that takes some back is not joined', (context) => {
  const { batch, frames, turn } = batchIn(context);
  const cut: GenerationEvent = { type: 'block-delta', text: 'c', tokens: [9], keptTokens: 1 };
  batch.add([start, { type: 'block-delta', text: 'a', tokens: [1, 2] }]);
  batch.add([{ type: 'block-delta', text: 'b', tokens: [3] }, cut]);
  turn();
  assert.deepEqual(frames, [[start, { type: 'block-delta', text: 'ab', tokens: [1, 2, 3] }, cut]]);
});

test('the counts of a prompt go with the first token, or alone after a slot', (context) => {
  const { batch, frames, turn, at } = batchIn(context);
  const counts: GenerationEvent = { type: 'generation-start', promptTokens: 9, cachedTokens: 0 };
  batch.add([counts]);
  turn();
  assert.deepEqual(frames, []);
  at(2);
  batch.add([start, delta('a')]);
  turn();
  assert.deepEqual(frames.splice(0), [[counts, start, delta('a')]]);
  at(100);
  batch.add([counts]);
  at(110);
  assert.deepEqual(frames, [[counts]]);
});

test('a delta whose ids are known is not joined to one whose are not', (context) => {
  const { batch, frames, turn } = batchIn(context);
  const known: GenerationEvent = { type: 'block-delta', text: 'b', tokens: [1] };
  batch.add([start, delta('a'), known]);
  turn();
  assert.deepEqual(frames, [[start, delta('a'), known]]);
});

test('text that comes fast is sent once a slot, the first of it at once', (context) => {
  const { batch, frames, turn, at } = batchIn(context);
  batch.add([start, delta('a')]);
  turn();
  assert.deepEqual(frames.splice(0), [[start, delta('a')]]);
  for (const [ms, text] of [
    [3, 'b'],
    [6, 'c'],
  ] as const) {
    at(ms);
    batch.add([delta(text)]);
    turn();
  }
  assert.deepEqual(frames, []);
  at(10);
  assert.deepEqual(frames.splice(0), [[delta('bc')]]);
  at(13);
  batch.add([delta('d')]);
  at(20);
  assert.deepEqual(frames.splice(0), [[delta('d')]]);
});

test('text that comes slower than that is never held up', (context) => {
  const { batch, frames, turn, at } = batchIn(context);
  for (const ms of [0, 15, 30, 58, 61]) {
    at(ms);
    batch.add([delta('a')]);
    turn();
    assert.deepEqual(frames.splice(0), [[delta('a')]], `at ${ms} ms`);
  }
});

test('the end of a block takes the text that waits with it', (context) => {
  const { batch, frames, turn, at } = batchIn(context);
  batch.add([start, delta('a')]);
  turn();
  frames.length = 0;
  at(2);
  batch.add([delta('b')]);
  at(4);
  batch.add([end]);
  turn();
  assert.deepEqual(frames.splice(0), [[delta('b'), end]]);
  at(30);
  assert.deepEqual(frames, [], 'nothing is sent twice');
});

test('deltas of different blocks are never joined', (context) => {
  const { batch, frames } = batchIn(context);
  batch.add([delta('a'), end, start, delta('b')]);
  batch.end();
  assert.equal(frames[0]?.length, 4);
});

test('only the latest of several progress reports is sent', (context) => {
  const { batch, frames } = batchIn(context);
  for (const doneTokens of [1, 2, 3]) {
    batch.add([{ type: 'progress', phase: 'prefill', doneTokens, totalTokens: 3 }]);
  }
  batch.end();
  assert.deepEqual(frames, [[{ type: 'progress', phase: 'prefill', doneTokens: 3, totalTokens: 3 }]]);
});

test('without credit text is gathered, and sent as one frame when the client has read on', async (context) => {
  const { batch, frames, turn, at } = batchIn(context, { chars: 1_000, deltas: 2 });
  batch.add([start, delta('a')]);
  turn();
  at(20);
  batch.add([delta('b')]);
  turn();
  assert.equal(frames.splice(0).length, 2);
  at(40);
  batch.add([delta('c')]);
  turn();
  at(60);
  batch.add([delta('d'), end]);
  turn();
  at(200);
  assert.deepEqual(frames, []);
  const sent = batch.whenSent(new AbortController().signal);
  batch.grant({ chars: 1, deltas: 1 });
  assert.deepEqual(frames, [[delta('cd'), end]]);
  await sent;
});

test('what waits has a bound: then the engine is to wait too, until it is sent or cancelled', async (context) => {
  const { batch, frames, turn } = batchIn(context, { chars: 10, deltas: 10 });
  batch.add([start, delta('x'.repeat(10))]);
  turn();
  batch.add([delta('x'.repeat(limits.streamGatherChars - 1))]);
  assert.ok(!batch.isFull);
  batch.add([delta('x')]);
  assert.ok(batch.isFull);
  const leaving = new AbortController();
  const left = batch.whenSent(leaving.signal);
  const sent = batch.whenSent(new AbortController().signal);
  leaving.abort();
  await left;
  batch.grant({ chars: 10, deltas: 1 });
  await sent;
  assert.ok(!batch.isFull);
  assert.equal(frames.length, 2);
});

test('the end of an answer waits for nobody', (context) => {
  const { batch, frames, turn } = batchIn(context, { chars: 1, deltas: 1 });
  batch.add([start, delta('a')]);
  turn();
  batch.add([delta('b'), end]);
  turn();
  assert.equal(frames.length, 1);
  batch.end();
  assert.deepEqual(frames[1], [delta('b'), end]);
});
