import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPatience, wholeCallMs } from './patience.ts';
import { silenceOf, withTicks } from './with-ticks.ts';

test('values pass in order; a source that is silent ticks; leaving the loop ends the source', async () => {
  const ended = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<number, void> {
    try {
      yield 1;
      await release.promise;
      yield 2;
      yield 3;
    } finally {
      ended.resolve();
    }
  }
  const heard: (number | 'tick')[] = [];
  for await (const value of withTicks(source(), 1)) {
    if (heard.at(-1) !== value) heard.push(value);
    if (value === 'tick') release.resolve();
    if (value === 2) break;
  }
  assert.deepEqual(heard, [1, 'tick', 2]);
  await ended.promise;
});

test('a failing source fails the loop', async () => {
  // biome-ignore lint/correctness/useYield: it fails before
  async function* source(): AsyncGenerator<number, void> {
    throw new Error('gone');
  }
  await assert.rejects(async () => {
    for await (const _ of withTicks(source(), 1_000)) assert.fail('nothing comes');
  }, /gone/);
});

test('a server that tells nothing is vouched for until its time is over', () => {
  const silence = silenceOf({ firstWordMs: 100_000, laterMs: null, tellsProgress: false });
  assert.equal(silence.tick(99_000, false), 'wait');
  assert.equal(silence.tick(100_001, false), 'over');
  silence.heard(50_000, 'chunk');
  assert.equal(silence.tick(60_000, true), 'leave', 'in mid-answer the yard counts');
});

test('one that told progress and stopped is not vouched for; one that withholds calls is, for a while', () => {
  const progressing = silenceOf({ firstWordMs: 100_000, laterMs: null, tellsProgress: true });
  assert.equal(progressing.tick(5_000, false), 'wait', 'it may be queued behind others');
  progressing.heard(6_000, 'chunk');
  assert.equal(progressing.tick(11_000, false), 'leave');

  const withholding = silenceOf({ firstWordMs: 100_000, laterMs: wholeCallMs, tellsProgress: false });
  withholding.heard(1_000, 'chunk');
  assert.equal(withholding.tick(200_000, true), 'wait');
  assert.equal(withholding.tick(400_000, true), 'over');
});

test('patience follows what was measured, and never the network of a short prompt', () => {
  const patience = createPatience();
  const before = patience.firstWordMs(30_000);
  assert.ok(before > 20 * 60_000, 'nothing is known: a laptop may need that long');
  patience.learn(50, 10_000);
  assert.equal(patience.firstWordMs(30_000), before);
  patience.learn(10_000, 10_000);
  assert.equal(patience.firstWordMs(30_000), 60_000 + 4 * 30_000);
});
