/** The small decisions of an engine child: which sequence, how much to read, how many threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchThreads } from './batch-threads.ts';
import { grammarBeyondLimits } from './grammar-limits.ts';
import { PrefillPace } from './prefill-pace.ts';
import { chooseSequence, type SequenceState } from './sequence-choice.ts';
import { shareBatch } from './share-batch.ts';

const sequence = (state: Partial<SequenceState>): SequenceState => ({
  busy: false,
  scope: 'ours',
  heldTokens: 0,
  commonTokens: 0,
  lastUse: 0,
  ...state,
});

test('the idle sequence with the longest start in common wins', () => {
  const states = [
    sequence({ heldTokens: 900, commonTokens: 500 }),
    sequence({ heldTokens: 900, commonTokens: 800 }),
    sequence({ heldTokens: 900, commonTokens: 900, busy: true }),
    sequence({ heldTokens: 950, commonTokens: 950, scope: 'theirs' }),
  ];
  assert.equal(chooseSequence(states, 'ours', 1_000), 1);
});

test('conversations that share only the template do not push each other out', () => {
  const states = [sequence({ heldTokens: 20_000, commonTokens: 5 }), sequence({})];
  assert.equal(chooseSequence(states, 'ours', 1_000), 1, 'an empty sequence is better');
  assert.equal(chooseSequence(states, 'ours', 30), 1, 'also for a short prompt of which 5 tokens are a lot');
});

test('with nothing in common and none empty, the least recently used goes', () => {
  const states = [
    sequence({ heldTokens: 10, lastUse: 3 }),
    sequence({ heldTokens: 10, lastUse: 1, scope: 'theirs' }),
    sequence({ heldTokens: 10, lastUse: 0, busy: true }),
  ];
  assert.equal(chooseSequence(states, 'ours', 100), 1);
  assert.equal(chooseSequence([sequence({ busy: true })], 'ours', 100), null);
});

test('the pace follows the speed in tiles of 64 tokens and goes below only for slow machines', () => {
  const pace = new PrefillPace(512);
  assert.equal(pace.chunkTokens, 64);
  pace.observe(64, 20); // 3.2 tokens/ms: 256 in 80 ms
  assert.equal(pace.chunkTokens, 256);
  pace.observe(256, 10);
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

test('tiny models write with one thread and read with all', () => {
  assert.equal(batchThreads(4, 3_000_000, 2), 1);
  assert.equal(batchThreads(256, 3_000_000, 2), 2);
  assert.equal(batchThreads(4, 4_700_000_000, 8), 8);
});

test('grammars that would hurt the parser are refused', () => {
  assert.equal(grammarBeyondLimits('root ::= ("a" | "b")*'), null);
  assert.match(grammarBeyondLimits(`root ::= ${'('.repeat(2_001)}`)!, /2001 parentheses/);
  assert.match(grammarBeyondLimits(`root ::= ${'"a" | '.repeat(10_001)}`)!, /10001 alternatives/);
  assert.match(grammarBeyondLimits(' '.repeat(1_000_001))!, /1000001 characters/);
});
