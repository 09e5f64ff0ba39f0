/** Cancelling stops the engine's own work, soon, and leaves it ready for the next request. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { cpuMs, until } from '../../../test/support/processes.ts';
import { chat, loadShipped, run } from '../../../test/support/scripted-gguf-run.ts';
import type { RawEngine } from '../../contract/engine/raw.ts';

let engine: RawEngine;
let pid = 0;
let prompt: Uint32Array;
before(async () => {
  const guardian = {
    pid: undefined,
    watch: (child: number) => {
      pid = child;
    },
    forget: () => {},
    close: async () => {},
  };
  engine = await loadShipped({ guardian });
  const filler = { text: 'The quick brown fox jumps over the lazy dog. '.repeat(400), special: false };
  prompt = (await engine.tokenize([filler])).slice(0, 7_000);
});
after(() => engine.close());

/**
 * Cancels as soon as `at` tokens of a 7,000-token prompt are read. `tookMs`: until the end event, or what the engine worked
 * until then if that is less: on a busy computer it waits for its turn.
 */
async function cancelAt(at: number, scope: string) {
  let cancelledAtMs = 0;
  let workedBeforeMs = 0;
  const outcome = await run(engine, { tokens: prompt, scope }, (event, controller) => {
    if (event.type !== 'prefill' || event.doneTokens < at || controller.signal.aborted) return;
    workedBeforeMs = cpuMs(pid);
    cancelledAtMs = performance.now();
    controller.abort();
  });
  return { outcome, tookMs: Math.min(performance.now() - cancelledAtMs, cpuMs(pid) - workedBeforeMs) };
}

test('a cancel inside a 7,000-token prompt ends it within 150 ms', async (t) => {
  const times: number[] = [];
  // What one request read before its cancel, the next one keeps and goes on from.
  for (const at of [200, 1_500, 3_000, 5_500]) {
    const { outcome, tookMs } = await cancelAt(at, 'cancelled');
    assert.equal(outcome.ended, 'cancelled');
    assert.ok(!outcome.events.some((event) => event.type === 'start'), 'the rest of the prompt was not read');
    times.push(tookMs);
  }
  t.diagnostic(`cancel took ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  // One may meet a moment in which other tests hold both cores.
  assert.ok(times.sort((a, b) => a - b)[2]! <= 150, `${times} ms`);
});

test('what was read before a cancel is kept for the next request', async () => {
  const scope = 'kept';
  const { outcome } = await cancelAt(500, scope);
  const read = outcome.events.findLast((event) => event.type === 'prefill')!;
  const again = await run(engine, { tokens: prompt.slice(0, 1_000), scope, maxTokens: 1 });
  assert.ok(again.cachedTokens >= read.doneTokens || again.cachedTokens === 999);
  assert.equal(again.ended, 'max-tokens');
});

test('a cancel while writing ends the answer, and the next request is answered', async () => {
  const tokens = await chat(engine, 'Count from 1 to 60.');
  const outcome = await run(engine, { tokens }, (event, controller) => {
    if (event.type === 'piece') controller.abort();
  });
  assert.equal(outcome.ended, 'cancelled');
  assert.ok(outcome.outputTokens < 60);
  assert.equal((await run(engine, { tokens: await chat(engine, 'ping') })).text, 'pong');
});

test('a cancel before the start, and a reader that walks away, leave nothing running', async () => {
  const aborted = new AbortController();
  aborted.abort();
  const events = [];
  for await (const event of engine.generate({ tokens: prompt, maxTokens: 1, temperature: 0 }, aborted.signal))
    events.push(event);
  assert.deepEqual(events, [{ type: 'end', reason: 'cancelled', outputTokens: 0 }]);
  for (let i = 0; i < 4; i++)
    for await (const event of engine.generate(
      { tokens: prompt, maxTokens: 1, temperature: 0, scope: `left ${i}` },
      new AbortController().signal,
    ))
      if (event.type === 'prefill') break;
  await assert.rejects(engine.tokenize([{ text: 'x', special: false }], aborted.signal), { name: 'AbortError' });
  // all four slots come free again: the four that were left must have stopped
  const four = [0, 1, 2, 3].map((i) => freeSlot(`after ${i}`));
  assert.deepEqual(await Promise.all(four), ['max-tokens', 'max-tokens', 'max-tokens', 'max-tokens']);
});

/** A slot that was left comes free when the chunk being read ends; until then the engine is busy. */
async function freeSlot(scope: string): Promise<string> {
  for (;;) {
    const { ended } = await run(engine, { tokens: prompt.slice(0, 20), scope, maxTokens: 1 });
    if (ended !== 'busy') return ended;
  }
}

/** A hold that is laid on by hand. */
function holdByHand() {
  const listeners = new Set<() => void>();
  const hold = {
    isHeld: false,
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const set = (isHeld: boolean): void => {
    hold.isHeld = isHeld;
    for (const changed of listeners) changed();
  };
  return { hold, set, listeners };
}

for (const order of ['hold, then cancel', 'cancel, then hold'] as const) {
  test(`${order}: a prompt that is being read ends, and not only when the hold is lifted`, async () => {
    const { hold, set } = holdByHand();
    const controller = new AbortController();
    const request = { tokens: prompt, maxTokens: 1, temperature: 0, scope: order };
    let ended: string | undefined;
    for await (const event of engine.generate(request, controller.signal, hold)) {
      if (event.type === 'end') ended = event.reason;
      if (event.type !== 'prefill' || controller.signal.aborted) continue;
      if (order === 'hold, then cancel') set(true);
      controller.abort();
      if (order === 'cancel, then hold') set(true);
    }
    assert.ok(hold.isHeld);
    assert.equal(ended, 'cancelled');
  });
}

test('a hold stops the reading of a prompt and the writing of an answer, and both go on where they were', async () => {
  const { hold, set, listeners } = holdByHand();
  /** Holds the work up, and waits until the engine needs the processor for nothing but the answers to pings. */
  async function standStill(): Promise<void> {
    set(true);
    let usedMs = -1;
    await until('the engine stands still', 20_000, async () => {
      const before = usedMs;
      await passed(200);
      usedMs = cpuMs(pid);
      return usedMs - before <= 20;
    });
  }
  const request = { tokens: prompt.slice(0, 1_500), maxTokens: 60, temperature: 0, scope: 'held' };
  const undisturbed: string[] = [];
  for await (const event of engine.generate(request, new AbortController().signal)) {
    if (event.type === 'piece') undisturbed.push(event.text);
  }
  const written: string[] = [];
  let held = 0;
  for await (const event of engine.generate({ ...request, scope: 'held anew' }, new AbortController().signal, hold)) {
    if (event.type === 'piece') written.push(event.text);
    const isPoint =
      event.type === 'prefill' ? held === 0 && event.doneTokens >= 500 : written.length === 20 && held === 1;
    if (!isPoint) continue;
    held += 1;
    await standStill();
    set(false);
  }
  assert.equal(held, 2);
  assert.equal(listeners.size, 0);
  assert.deepEqual(written, undisturbed);
});
