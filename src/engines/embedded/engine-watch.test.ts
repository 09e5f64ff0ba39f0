import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineWatch, type WatchLimits } from './engine-watch.ts';

const limits: WatchLimits = {
  answerMs: 4_500,
  loadingAnswerMs: 20_000,
  starvedMs: 30_000,
  progressMs: 30_000,
  loadingProgressMs: 60_000,
};

/** Ticks every second from `fromMs`; the first second in which a verdict falls. */
function verdictAt(
  watch: EngineWatch,
  fromMs: number,
  untilMs: number,
  each: (nowMs: number) => void = () => {},
  waitedMs: (nowMs: number) => number | null = () => null,
) {
  for (let nowMs = fromMs + 1_000; nowMs <= untilMs; nowMs += 1_000) {
    each(nowMs);
    const verdict = watch.tick(nowMs, waitedMs(nowMs));
    if (verdict !== null) return { nowMs, verdict };
  }
  return null;
}

function loaded(): EngineWatch {
  const watch = new EngineWatch(limits, 0);
  watch.heard(0);
  watch.ended(0);
  return watch;
}

test('a running child that answers nothing is given up within six seconds', () => {
  assert.deepEqual(verdictAt(loaded(), 0, 60_000), { nowMs: 5_000, verdict: 'it answered nothing for 5.0 s' });
});

test('a loading child gets more time', () => {
  assert.equal(verdictAt(new EngineWatch(limits, 0), 0, 60_000)?.nowMs, 21_000);
});

test('answers alone are not enough while a call stands still', () => {
  const watch = loaded();
  watch.progress(7, 0);
  const answering = (nowMs: number) => watch.heard(nowMs);
  assert.deepEqual(verdictAt(watch, 0, 60_000, answering), {
    nowMs: 31_000,
    verdict: 'it made no progress for 31.0 s',
  });
});

test('a call that gets on, and one that has ended, are no reason', () => {
  const watch = loaded();
  watch.progress(7, 0);
  watch.progress(8, 0);
  watch.ended(8);
  const gettingOn = (nowMs: number) => {
    watch.heard(nowMs);
    watch.progress(7, nowMs);
  };
  assert.equal(verdictAt(watch, 0, 120_000, gettingOn), null);
});

test('a load that reports nothing for long is given up although the child answers', () => {
  const watch = new EngineWatch(limits, 0);
  assert.equal(verdictAt(watch, 0, 90_000, (nowMs) => watch.heard(nowMs))?.nowMs, 61_000);
});

test('the time this process itself stood still is not held against the child', () => {
  const watch = loaded();
  watch.progress(7, 0);
  assert.equal(watch.tick(1_000, null), null);
  assert.equal(watch.tick(3_600_000, null), null, 'the machine slept for an hour');
  // two seconds of silence had passed before and after the sleep; three more make the verdict
  assert.equal(verdictAt(watch, 3_600_000, 3_660_000)?.nowMs, 3_603_000);
});

test('time in which the child wanted a processor and got none is not held against it', () => {
  // Nine tenths of the time it stands in the queue for one; 30 s of that are the most that is forgiven.
  const starved = (nowMs: number) => 0.9 * nowMs;
  const watch = loaded();
  assert.equal(verdictAt(watch, 0, 34_000, undefined, starved), null);
  assert.equal(verdictAt(watch, 34_000, 60_000, undefined, starved)?.nowMs, 35_000, 'somebody waits for an answer');

  const answers = loaded();
  verdictAt(answers, 0, 30_000, undefined, starved);
  answers.heard(30_000);
  // Then it is stopped: what it had waited before it was heard counts no more.
  assert.equal(verdictAt(answers, 30_000, 60_000, undefined, () => 27_000)?.nowMs, 35_000);
});

test('the time this process got no processor is not held against the child either', () => {
  const watch = loaded();
  let verdict: string | null = null;
  let nowMs = 0;
  while (verdict === null) {
    nowMs += 1_900;
    verdict = watch.tick(nowMs, null);
  }
  assert.equal(nowMs, 9_500, 'five ticks, as many as when they come in time');
});
