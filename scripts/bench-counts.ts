/**
 * What a flood of token counts costs an answer that is being written: the real engine writes without end, and meanwhile counts of 200 KB
 * are asked of it, so many at a time as one key may have in hand, then as many as a machine takes of all keys. Printed is how far apart
 * two tokens of the answer are, and how long a short prompt waits for its tokens.
 *
 *     npm run bench:counts
 *
 * Everything shares the processor with the answer, so the figures mean something on a machine that does nothing else. Half a minute.
 */
import { setTimeout as passed } from 'node:timers/promises';
import { shippedModel } from '../src/cli/package-files.ts';
import { limits } from '../src/contract/limits.ts';
import { loadEmbeddedEngine } from '../src/engines/embedded/embedded-engine.ts';

const counts = 300;
const bytes = 200_000;
const calmMs = 3_000;
const longestFloodMs = 10_000;

const engine = await loadEmbeddedEngine({ modelPath: shippedModel, window: 8_192, slots: 2, threads: 2, gpu: 'off' });
const plain = (text: string) => [{ text, special: false }];
const records = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `item ${id}`, value: 3 * id }));
const long = plain(JSON.stringify(records).slice(0, bytes));
const opening = await engine.tokenize(plain('Once upon a time'));

console.log(
  '                        counts  seconds  tokens/s  gap p50 ms  p99  longest  short prompt p50 ms  longest',
);
await measure('calm', 0);
await measure('one key', limits.countsPerKey);
await measure('many keys', limits.countsPerMachine);
await engine.close();

async function measure(name: string, atOnce: number): Promise<void> {
  const startedMs = performance.now();
  let [asked, counted, isOver] = [0, 0, false];
  const stop = AbortSignal.timeout(atOnce === 0 ? calmMs : longestFloodMs);
  const ask = async (): Promise<void> => {
    for (; asked < counts && !stop.aborted; counted += 1) {
      asked += 1;
      await engine.tokenize(long, stop, 'count');
    }
  };
  const flood =
    atOnce === 0 ? passed(calmMs) : Promise.all(Array.from({ length: atOnce }, () => ask().catch(() => {})));
  void flood.then(() => {
    isOver = true;
  });
  const [gaps, waits] = await Promise.all([write(() => isOver), askShortly(() => isOver)]);
  const seconds = (performance.now() - startedMs) / 1_000;
  const cells = [counted, seconds.toFixed(1), Math.round(gaps.length / seconds)];
  const figures = [percentile(gaps, 0.5), percentile(gaps, 0.99), percentile(gaps, 1)];
  const short = [percentile(waits, 0.5), percentile(waits, 1)];
  console.log([name.padEnd(22), ...[...cells, ...figures, ...short].map((cell) => String(cell).padStart(8))].join(' '));
}

/** Writes until it is told to stop, one answer after the other; ms between any two tokens of one. */
async function write(isOver: () => boolean): Promise<number[]> {
  const gaps: number[] = [];
  while (!isOver()) {
    const stopping = new AbortController();
    let lastMs: number | undefined;
    const request = { tokens: opening, maxTokens: 4_000, temperature: 1 };
    for await (const event of engine.generate(request, stopping.signal)) {
      if (event.type !== 'piece') continue;
      const nowMs = performance.now();
      if (lastMs !== undefined) gaps.push(nowMs - lastMs);
      lastMs = nowMs;
      if (isOver()) stopping.abort();
    }
  }
  return gaps;
}

/** Of a prompt somebody waits for an answer to: how long its tokens take, ms. */
async function askShortly(isOver: () => boolean): Promise<number[]> {
  const waits: number[] = [];
  while (!isOver()) {
    const startedMs = performance.now();
    await engine.tokenize(plain('Hello.'));
    waits.push(performance.now() - startedMs);
    await passed(100);
  }
  return waits;
}

function percentile(values: readonly number[], share: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN).toFixed(1);
}
