/** The small decisions of an engine child: how much to read, how many threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchThreads } from './batch-threads.ts';
import { FreeCores } from './free-cores.ts';
import { grammarBeyondLimits } from './grammar-limits.ts';
import { PrefillPace } from './prefill-pace.ts';
import { shareBatch } from './share-batch.ts';

test('the pace follows the speed in whole tiles and goes below one only for slow machines', () => {
  const pace = new PrefillPace({ largest: 512, tile: 64 });
  assert.equal(pace.chunkTokens, 64);
  pace.observe(64, 20); // 3.2 tokens/ms: 160 in 50 ms
  assert.equal(pace.chunkTokens, 128);
  pace.observe(128, 10);
  assert.equal(pace.chunkTokens, 512, 'never above the batch');
  pace.observe(512, 4_000); // deep in a prompt, or something else was running: a tile takes 500 ms
  assert.equal(pace.chunkTokens, 64);
  pace.observe(64, 2_500); // a large model on a CPU
  assert.equal(pace.chunkTokens, 8);
  pace.observe(8, 80); // a whole tile would take 640 ms
  assert.equal(pace.chunkTokens, 64);
  pace.observe(3, 9_999);
  assert.equal(pace.chunkTokens, 64, 'tails do not count');
});

test('where small chunks cost no more, none takes much longer than 50 ms', () => {
  const pace = new PrefillPace({ largest: 128, tile: 8 });
  pace.observe(64, 16);
  assert.equal(pace.chunkTokens, 128);
  pace.observe(128, 410); // 7,000 tokens deep
  assert.equal(pace.chunkTokens, 8);
  pace.observe(8, 26);
  assert.equal(pace.chunkTokens, 8);
  pace.observe(8, 12);
  assert.equal(pace.chunkTokens, 32);
  pace.observe(32, 300); // and something else was running
  assert.equal(pace.chunkTokens, 8);
});

test('a batch goes to running answers first and is shared evenly by the rest', () => {
  assert.deepEqual(shareBatch([1, 512, 1, 512], 512), [1, 255, 1, 255]);
  assert.deepEqual(shareBatch([100, 400, 30], 512), [100, 382, 30]);
  assert.deepEqual(shareBatch([1, 1], 512), [1, 1]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 8 }), (waiting) => {
      const granted = shareBatch(waiting, 512);
      assert.ok(granted.every((tokens, index) => tokens >= 1 && tokens <= waiting[index]!));
      const total = granted.reduce((sum, tokens) => sum + tokens, 0);
      assert.equal(
        total,
        Math.min(
          512,
          waiting.reduce((sum, tokens) => sum + tokens, 0),
        ),
      );
    }),
  );
});

test('tiny models write with one thread and read with as many as there are free cores', () => {
  const load = { modelBytes: 3_000_000, threads: 4, freeCores: () => 3 };
  assert.equal(batchThreads({ ...load, tokens: 4 }), 1);
  assert.equal(batchThreads({ ...load, tokens: 256 }), 3);
  assert.equal(batchThreads({ ...load, tokens: 256, freeCores: () => 16 }), 4, 'never more than planned');
  assert.equal(batchThreads({ ...load, tokens: 4, modelBytes: 4_700_000_000 }), 4);
});

test('free cores are those that nobody else has used of late', () => {
  let nowMs = 0;
  let times = { busyMs: 0, ownMs: 0, cores: 4 };
  const free = new FreeCores(
    () => times,
    () => nowMs,
  );
  /** What was used in the next `ms`, in cores. */
  const after = (ms: number, everybody: number, own: number): number => {
    nowMs += ms;
    times = { busyMs: times.busyMs + everybody * ms, ownMs: times.ownMs + own * ms, cores: 4 };
    return free.count;
  };
  assert.equal(after(10, 0, 0), 1, 'nothing is known before the first look');
  assert.equal(after(990, 1, 1), 4, 'what this process uses itself is not in use by others');
  assert.equal(after(1_000, 4, 4), 4);
  assert.equal(after(1_000, 4, 2), 2);
  assert.equal(after(100, 0, 0), 2, 'too short a time to tell');
  assert.equal(after(900, 4, 0.5), 1, 'never none');
  assert.equal(after(1_000, 1.2, 1), 4, 'the system itself always does a little');
});

test('grammars that would hurt the parser are refused', () => {
  assert.equal(grammarBeyondLimits('root ::= ("a" | "b")*'), null);
  assert.match(grammarBeyondLimits(`root ::= ${'('.repeat(2_001)}`)!, /2001 parentheses/);
  assert.match(grammarBeyondLimits(`root ::= ${'"a" | '.repeat(10_001)}`)!, /10001 alternatives/);
  assert.match(grammarBeyondLimits(' '.repeat(1_000_001))!, /1000001 characters/);
});
