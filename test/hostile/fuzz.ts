/**
 * Fuzzes the HTTP edge: recorded requests of real clients, changed at random, over raw connections that
 * are cut, split and left at random. A case has a seed of its own and can be run again alone.
 *
 * Whatever is sent, every answer must be well-formed, no status may be 5xx but 529, and the gateway must
 * go on. The machine behind it behaves; what it says contains everything text can hold.
 */
import assert from 'node:assert/strict';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import { readCaptures } from '../support/captures.ts';
import { assembleMessage, type StreamEvent, streamEvents } from '../support/read-stream.ts';
import { type Answer, errorOf, openWire, responsesIn, type Target, type Wire } from './exchange.ts';
import { mutateHttp, mutateJson, mutateValue } from './mutate.ts';
import { type Random, randomFrom } from './random.ts';
import { answerAll, type HostileYard, type Offer, startHostileYard, textAnswer, wideModel } from './start-gateway.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Cases, or time; whichever comes first. */
  readonly cases: number;
  readonly ms: number;
  /** Connections at once. */
  readonly concurrency: number;
}

export interface FuzzReport {
  readonly cases: number;
  /** Answers by status; `none`: connections that were closed without a word. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  readonly busyMs: number;
  readonly rssMegabytes: number;
}

/** Shortened, because half of the cases never finish what they began. */
const edgeLimits = { headersMs: 400, bodyMs: 800 };
/** No case takes longer than that: the longest the gateway waits for a request, and an answer. */
const caseMs = 10_000;

export async function fuzzEdge(options: FuzzOptions): Promise<FuzzReport> {
  await using yard = await startHostileYard({ edgeLimits });
  const agent = await yard.connect([wideModel]);
  void answerAll(agent, answerTo);
  await yard.reset();
  const statuses: Record<string, number> = {};
  const failures: string[] = [];
  const endMs = performance.now() + options.ms;
  let started = 0;

  async function worker(): Promise<void> {
    while (started < options.cases && performance.now() < endMs && failures.length < 20) {
      const seed = options.seed + started;
      started += 1;
      try {
        const answers = await Promise.race([runCase(yard, seed), yard.alive]);
        if (answers.length === 0) statuses.none = (statuses.none ?? 0) + 1;
        for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
      } catch (error) {
        failures.push(`case ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  const figures = await whenIdle(yard);
  if (figures.activeRequests > 0) failures.push(`${figures.activeRequests} requests are left over`);
  if (figures.pollution.length > 0) failures.push(`Object.prototype has ${figures.pollution.join()}`);
  const rssMegabytes = Math.round(figures.rssBytes / 1024 / 1024);
  return { cases: started, statuses, failures, busyMs: figures.busyMs, rssMegabytes };
}

async function whenIdle(yard: HostileYard) {
  const endMs = performance.now() + caseMs;
  for (;;) {
    const figures = await yard.figures();
    if (figures.activeRequests === 0 || performance.now() > endMs) return figures;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const captures = readCaptures().filter(({ body }) => body !== null);

/** The text of one case, in Latin-1: one character is one byte. */
export function caseText(random: Random, key: string): string {
  const capture = random.pick(captures);
  const asked = { ...capture.body, model: 'fake-1b-q8' };
  const kind = random.pick(['value', 'value', 'value', 'json', 'http', 'http']);
  const json = JSON.stringify(kind === 'value' || random.onceIn(8) ? mutateValue(asked, random) : asked);
  const utf8 = Buffer.from(json).toString('latin1');
  const body = kind === 'json' ? mutateJson(utf8, random) : utf8;
  const chunked = random.onceIn(5);
  const head = [
    `POST ${random.onceIn(8) ? '/v1/messages/count_tokens' : '/v1/messages'} HTTP/1.1`,
    'host: localhost',
    `x-api-key: ${key}`,
    'content-type: application/json',
    chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`,
    ...(random.onceIn(2) ? ['connection: close'] : []),
  ];
  const text = `${head.join('\r\n')}\r\n\r\n${chunked ? inChunks(body, random) : body}`;
  const mutated = kind === 'http' ? mutateHttp(text, random) : text;
  return random.onceIn(6) ? mutated + text : mutated;
}

function inChunks(body: string, random: Random): string {
  let chunks = '';
  for (let at = 0; at < body.length; ) {
    const length = Math.min(body.length - at, 1 + random.below(20_000));
    chunks += `${length.toString(16)}\r\n${body.slice(at, at + length)}\r\n`;
    at += length;
  }
  return `${chunks}0\r\n\r\n`;
}

/** Sends one case and checks what comes back. */
async function runCase(target: Target, seed: number): Promise<readonly Answer[]> {
  const random = randomFrom(seed);
  const text = caseText(random, target.key);
  const wire = await openWire(target);
  const { socket } = wire;
  const timer = setTimeout(() => socket.destroy(new Error('took too long')), caseMs);
  let late = false;
  socket.once('error', (error) => {
    late = error.message === 'took too long';
  });
  const leaves = random.onceIn(12);
  const pieces = 1 + random.below(3);
  for (let piece = 0; piece < pieces; piece++) {
    const size = Math.ceil(text.length / pieces);
    if (!socket.destroyed) socket.write(text.slice(piece * size, (piece + 1) * size), 'latin1');
    if (piece < pieces - 1) await new Promise((resolve) => setTimeout(resolve, random.below(5)));
  }
  if (leaves) socket.destroy();
  // Nothing more will come: a gateway that waits for more must find out by itself, or is told by this.
  else if (random.onceIn(3)) socket.end();
  const gaveUp = await closedOrQuiet(wire);
  clearTimeout(timer);
  assert.ok(!late, `no end after ${caseMs} ms`);
  const answers = responsesIn(wire.received, { cut: true });
  for (const answer of answers) {
    assert.ok(answer.complete || leaves || socket.writableEnded || gaveUp, 'the gateway cut its own answer short');
    await checkAnswer(answer);
  }
  return answers;
}

/** True when we closed: nothing came for a while after an answer, or for longer than the gateway waits. */
async function closedOrQuiet({ socket, closed }: Wire): Promise<boolean> {
  let gaveUp = false;
  socket.setTimeout(edgeLimits.bodyMs + 1_500);
  socket.once('data', () => socket.setTimeout(250));
  socket.once('timeout', () => {
    gaveUp = true;
    socket.destroy();
  });
  await closed;
  return gaveUp;
}

async function checkAnswer(answer: Answer): Promise<void> {
  const { status, headers, text, complete } = answer;
  assert.ok(status < 500 || status === 529, `${status}: ${text}`);
  if (!complete) return;
  if (status >= 400) {
    errorOf(answer);
    return;
  }
  assert.equal(status, 200);
  if (!String(headers['content-type']).startsWith('text/event-stream')) {
    assert.equal(typeof JSON.parse(text), 'object');
    return;
  }
  const events: StreamEvent[] = [];
  for await (const event of streamEvents(new Response(text))) events.push(event);
  assembleMessage(events, 'req_x');
}

/** Everything text can hold, cut anywhere; calls of a tool; now and then a refusal. */
function answerTo({ request, requestId }: Offer): readonly GenerationEvent[] {
  const random = randomFrom([...requestId].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7));
  const pieces = Array.from({ length: 1 + random.below(20) }, () => random.pick(saidPieces));
  const [start, ...rest] = textAnswer(...pieces);
  const tool = request.tools.length > 0 && random.onceIn(2) ? random.pick(request.tools) : null;
  if (start === undefined || tool === null) return textAnswer(...pieces);
  const call: GenerationEvent[] = [
    { type: 'block-start', block: { kind: 'tool-use', id: `toolu_${random.below(1_000_000)}`, name: tool.name } },
    { type: 'block-delta', text: JSON.stringify({ ['__proto__']: pieces.join(''), a: { b: [1, null] } }) },
    { type: 'block-end' },
  ];
  return [start, ...call, ...rest];
}
const saidPieces = [
  'word ',
  '\ud83d',
  '\ude00',
  '\n\nevent: message_stop\ndata: {}\n\n',
  '\u0000',
  '\u2028',
  '"\\',
  'ü😀',
  '\r',
  'x'.repeat(3_000),
];
