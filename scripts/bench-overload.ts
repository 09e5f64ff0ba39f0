/**
 * Ten times the load a yard can carry, for a minute, over HTTP, with Anthropic's own SDK and its retries. A
 * scripted engine answers each request in about half a second; how many the yard can answer is measured first. What is asked of the yard:
 *
 * - those who are let in wait at most 1.5 times as long for their first token as when it is just saturated (p95),
 * - the rest are refused within 100 ms,
 * - retries raise the load to 1.3 times at most.
 *
 * npm run bench:overload
 */
import Anthropic from '@anthropic-ai/sdk';
import { startApart } from '../test/support/start-yard.ts';

const slots = 4;
/** An answer of 25 tokens at 50 a second. */
const engine = { slots, rules: [{ say: 'x ', repeat: 25, tokensPerSecond: 50 }] };
/** Calls at once while that is measured, and for how long. */
const calibration = { calls: 4 * slots, seconds: 8 } as const;
/** The queue is full when the second half begins. */
const saturation = { load: 1.5, seconds: 40, countedFromSecond: 20 } as const;
const overload = { load: 10, seconds: 60, countedFromSecond: 0 } as const;
const aims = { ttft: 1.5, refusedMs: 100, requests: 1.3 } as const;

interface Seen {
  calls: number;
  requests: number;
  /** From the request that was let in to its first content, ms. */
  readonly ttftMs: number[];
  /** From a request to its refusal, ms. */
  readonly refusedMs: number[];
  /** How calls ended: `answered`, or status and code of the last error. */
  readonly ends: Map<string, number>;
}

const nothingSeen = (): Seen => ({ calls: 0, requests: 0, ttftMs: [], refusedMs: [], ends: new Map() });

await using yard = await startApart({ engine, slots });

/** One call as an application makes it; the SDK asks again by itself. */
async function call(seen: Seen, counts: boolean): Promise<void> {
  let triedAtMs = 0;
  const client = new Anthropic({
    baseURL: yard.url,
    apiKey: yard.key,
    fetch: async (url, init) => {
      triedAtMs = performance.now();
      if (counts) seen.requests += 1;
      const response = await fetch(url, init);
      if (counts && !response.ok) seen.refusedMs.push(performance.now() - triedAtMs);
      return response;
    },
  });
  if (counts) seen.calls += 1;
  const end = await ask(client, () => {
    if (counts) seen.ttftMs.push(performance.now() - triedAtMs);
  });
  if (counts) seen.ends.set(end, (seen.ends.get(end) ?? 0) + 1);
}

async function ask(client: Anthropic, onFirst: () => void): Promise<string> {
  try {
    const body = { model: yard.model, max_tokens: 100, stream: true } as const;
    const stream = await client.messages.create({ ...body, messages: [{ role: 'user', content: 'Go.' }] });
    let isFirst = true;
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && isFirst) {
        isFirst = false;
        onFirst();
      }
    }
    return 'answered';
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) throw error;
    // The envelope is ours; the SDK hands it on as it came.
    const envelope = error.error as { error?: { details?: { error_code?: string } } } | undefined;
    return `${error.status ?? 'in the stream'} ${envelope?.error?.details?.error_code ?? error.message}`;
  }
}

/** Calls that come evenly, whatever becomes of those before. Resolves when all have ended. */
async function load(phase: typeof saturation | typeof overload, answersPerSecond: number): Promise<Seen> {
  const seen = nothingSeen();
  const perSecond = phase.load * answersPerSecond;
  const open: Promise<void>[] = [];
  const startedMs = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const second = (performance.now() - startedMs) / 1_000;
      while (open.length < Math.min(second, phase.seconds) * perSecond) {
        open.push(call(seen, second >= phase.countedFromSecond));
      }
      if (second < phase.seconds) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  await Promise.all(open);
  return seen;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function report(name: string, seen: Seen): void {
  const ends = Array.from(seen.ends, ([end, count]) => `${count} ${end}`).join(', ');
  console.log(
    `${name}: ${seen.calls} calls, ${seen.requests} requests; TTFT p50 ${Math.round(percentile(seen.ttftMs, 0.5))} ms, ` +
      `p95 ${Math.round(percentile(seen.ttftMs, 0.95))} ms; refused in p50 ${Math.round(percentile(seen.refusedMs, 0.5))} ms, ` +
      `p95 ${Math.round(percentile(seen.refusedMs, 0.95))} ms, at most ${Math.round(Math.max(0, ...seen.refusedMs))} ms; ${ends}`,
  );
}

/** Answers a second when there is always somebody waiting. Teaches the yard how long they take, and warms everybody up. */
async function capacity(): Promise<number> {
  const seen = nothingSeen();
  const endMs = performance.now() + calibration.seconds * 1_000;
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) await call(seen, true);
  };
  await Promise.all(Array.from({ length: calibration.calls }, lane));
  return seen.ttftMs.length / calibration.seconds;
}

const answersPerSecond = await capacity();
console.log(`the yard answers ${answersPerSecond.toFixed(1)} a second on ${slots} slots`);
const saturated = await load(saturation, answersPerSecond);
report(`saturated (${saturation.load} times the load)`, saturated);
const overloaded = await load(overload, answersPerSecond);
report(`overloaded (${overload.load} times the load, ${overload.seconds} s)`, overloaded);

const ttft = percentile(overloaded.ttftMs, 0.95) / percentile(saturated.ttftMs, 0.95);
const refusedMs = percentile(overloaded.refusedMs, 0.95);
const requests = overloaded.requests / overloaded.calls;
const rows: readonly (readonly [what: string, figure: number, aim: number])[] = [
  ['p95 TTFT of those let in, to saturation', ttft, aims.ttft],
  ['refused within, p95, ms', refusedMs, aims.refusedMs],
  ['requests per call', requests, aims.requests],
];
for (const [what, figure, aim] of rows) {
  console.log(`${figure <= aim ? 'met   ' : 'MISSED'} ${what}: ${figure.toFixed(2)} (aim: ${aim})`);
}
if (rows.some(([, figure, aim]) => !(figure <= aim))) process.exitCode = 1;
