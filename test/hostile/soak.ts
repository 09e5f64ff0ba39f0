/**
 * Many streams through a gateway, each with a numbered text of its own, read as the strictest client
 * would: a lost, doubled, swapped or foreign piece is seen in the text, a broken event by the reader.
 *
 * The machine cuts its words at random, in the middle of characters too, and holds several answers at
 * once, whose deltas it sends in turns.
 */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import { ask } from '../support/ask.ts';
import { readStream, type StreamedMessage, textOf } from '../support/read-stream.ts';
import type { FakeAgent } from '../support/test-yard.ts';
import { type Random, randomFrom } from './random.ts';
import { type Offer, startHostileYard, textAnswer, wideModel } from './start-gateway.ts';

export interface SoakOptions {
  readonly streams: number;
  /** Streams at once. */
  readonly concurrency: number;
  readonly seed: number;
}

export interface SoakReport {
  readonly complete: number;
  /** One line for each stream that was truncated, reordered, malformed or refused. */
  readonly failures: readonly string[];
  readonly seconds: number;
  /** Of the text, as it was read. */
  readonly bytes: number;
  readonly deltas: number;
  readonly busyMs: number;
  readonly rssMegabytes: number;
}

export async function soakStreams({ streams, concurrency, seed }: SoakOptions): Promise<SoakReport> {
  await using yard = await startHostileYard();
  const agent = await yard.connect([{ ...wideModel, slots: concurrency }]);
  void takeTurns(agent, seed);
  await yard.reset();
  const startedAtMs = performance.now();
  const failures: string[] = [];
  let [started, complete, bytes, deltas] = [0, 0, 0, 0];

  async function client(): Promise<void> {
    while (started < streams && failures.length < 20) {
      const stream = started;
      started += 1;
      try {
        const message = await Promise.race([readStream(await ask(yard, requestFor(stream))), yard.alive]);
        check(message, stream, seed);
        complete += 1;
        bytes += Buffer.byteLength(textOf(message));
        deltas += message.events.filter(({ type }) => type === 'content_block_delta').length;
      } catch (error) {
        failures.push(`stream ${stream}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client));
  const { busyMs, rssBytes, activeRequests } = await yard.figures();
  if (activeRequests > 0) failures.push(`${activeRequests} requests are left over`);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { complete, failures, seconds, bytes, deltas, busyMs, rssMegabytes: Math.round(rssBytes / 1024 / 1024) };
}

const requestFor = (stream: number) => ({
  model: wideModel.id,
  max_tokens: 8_000,
  stream: true,
  messages: [{ role: 'user', content: `stream ${stream}` }],
});

/** The text a stream must arrive with: every word names its stream and its place. */
function numberedText(stream: number, seed: number): string {
  const random = randomFrom(seed + stream);
  const words = 5 + random.below(random.onceIn(20) ? 1_000 : 60);
  return Array.from(
    { length: words },
    (_, at) => `${stream}:${at}${random.pick(['', '😀', ' ü', '\n', '"\\', '\u2028'])} `,
  ).join('');
}

function check(message: StreamedMessage, stream: number, seed: number): void {
  const expected = numberedText(stream, seed);
  const text = textOf(message);
  if (text !== expected) {
    const at = [...expected].findIndex((char, index) => [...text][index] !== char);
    assert.fail(`differs at character ${at} of ${expected.length}, ${text.length} came`);
  }
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(message.usage.input_tokens, 6);
}

/**
 * Answers several requests at once: a piece of this one, a piece of that one, several in one message or
 * one each. Ends when the link closes.
 */
async function takeTurns(agent: FakeAgent, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const open: { readonly offer: Offer; readonly events: GenerationEvent[] }[] = [];
  let writing = false;

  async function write(): Promise<void> {
    writing = true;
    while (open.length > 0) {
      const at = random.below(open.length);
      const { offer, events } = open[at] ?? assert.fail('an open answer');
      agent.output(offer, ...events.splice(0, 1 + random.below(8)));
      if (events.length === 0) open.splice(at, 1);
      if (random.onceIn(10)) await setImmediate();
    }
    writing = false;
  }
  for (;;) {
    const offer = await agent.next('offer').catch(() => null);
    if (offer === null) return;
    agent.accept(offer);
    open.push({ offer, events: answerTo(offer, seed, random) });
    if (!writing) void write();
  }
}

/** The numbered text, cut where it hurts: after any UTF-16 unit. */
function answerTo({ request }: Offer, seed: number, random: Random): GenerationEvent[] {
  const last = request.messages.at(-1);
  assert.ok(last?.role === 'user');
  const text = numberedText(Number(last.text.replace('stream ', '')), seed);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random.below(12);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return textAnswer(...pieces);
}
