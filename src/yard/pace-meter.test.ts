/** Speeds as the agent measures them: shared fairly, fading, from a guess to knowledge. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { idleMs, PaceMeter } from './pace-meter.ts';

const guess = { readPerS: 100, writePerS: 10 };
const near = (value: number, expected: number, share = 0.1): void =>
  assert.ok(Math.abs(value - expected) <= expected * share, `${value} is not about ${expected}`);

/** One ticket at a time: so many tokens read and written in so many ms, from `atMs` on. Returns when it was over. */
function serve(
  meter: PaceMeter,
  atMs: number,
  read: readonly [number, number],
  wrote: readonly [number, number],
): number {
  meter.begun('t', atMs);
  meter.started('t', read[0], atMs + read[1]);
  meter.ended('t', wrote[0], atMs + read[1] + wrote[1]);
  return atMs + read[1] + wrote[1];
}

describe('a pace', () => {
  test('is a guess at first, and says so', () => {
    assert.deepEqual(new PaceMeter(guess, 0).pace(0), { ...guess, startMs: 0, wakeMs: 0, confidence: 0 });
  });

  test('is known after a few seconds of work', () => {
    const meter = new PaceMeter(guess, 0);
    let nowMs = 0;
    for (let ticket = 0; ticket < 5; ticket += 1) nowMs = serve(meter, nowMs, [2_000, 1_000], [100, 2_000]);
    const pace = meter.pace(nowMs);
    near(pace.readPerS, 2_000);
    near(pace.writePerS, 50);
    assert.ok(pace.confidence > 0.8);
  });

  test('charges prompts that are read side by side their part of the time', () => {
    const meter = new PaceMeter(guess, 0);
    for (const ticket of ['a', 'b']) meter.begun(ticket, 0);
    // Two of 4,000 tokens at 2,000 a second take four seconds together.
    for (const ticket of ['a', 'b']) meter.started(ticket, 4_000, 4_000);
    for (const ticket of ['a', 'b']) meter.ended(ticket, null, 4_000);
    near(meter.pace(4_000).readPerS, 2_000);
  });

  test('tells the start of a request from reading, by prompts that are cached', () => {
    const meter = new PaceMeter(guess, 0);
    let nowMs = 0;
    for (let ticket = 0; ticket < 4; ticket += 1) nowMs = serve(meter, nowMs, [10_000, 5_000], [10, 100]);
    for (let ticket = 0; ticket < 8; ticket += 1) nowMs = serve(meter, nowMs, [20, 90], [10, 100]);
    near(meter.pace(nowMs).startMs, 80);
  });

  test('tells what it takes to wake after idleness, and does not count it as slowness', () => {
    const meter = new PaceMeter(guess, 0);
    let nowMs = 0;
    for (let ticket = 0; ticket < 4; ticket += 1) nowMs = serve(meter, nowMs, [4_000, 2_000], [10, 100]);
    nowMs = serve(meter, nowMs + idleMs, [4_000, 3_500], [10, 100]);
    const pace = meter.pace(nowMs);
    near(pace.wakeMs, 1_500, 0.2);
    near(pace.readPerS, 2_000);
  });

  test('follows a machine that has become slower', () => {
    const meter = new PaceMeter(guess, 0);
    let nowMs = 0;
    for (let ticket = 0; ticket < 20; ticket += 1) nowMs = serve(meter, nowMs, [4_000, 2_000], [10, 100]);
    for (let ticket = 0; ticket < 20; ticket += 1) nowMs = serve(meter, nowMs, [4_000, 8_000], [10, 100]);
    near(meter.pace(nowMs).readPerS, 500, 0.2);
  });

  test('fades: after an hour without work it is hardly believed', () => {
    const meter = new PaceMeter(guess, 0);
    const nowMs = serve(meter, 0, [20_000, 10_000], [10, 100]);
    assert.ok(meter.pace(nowMs).confidence > 0.8);
    assert.ok(meter.pace(nowMs + 3_600_000).confidence < 0.2);
  });

  test('is not hurt by tickets that were cut short or never heard of', () => {
    const meter = new PaceMeter(guess, 0);
    meter.begun('a', 0);
    meter.ended('a', null, 500);
    meter.started('b', 1_000, 600);
    meter.ended('b', 10, 700);
    assert.deepEqual(meter.pace(700), { ...guess, startMs: 0, wakeMs: 0, confidence: 0 });
  });
});
