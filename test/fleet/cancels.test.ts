/**
 * A client leaves, and within 250 ms nobody works for it any more: whatever phase its request is in, over both ways of
 * the link. Where an engine is at work it is told; where none is yet, none will be.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, turn } from '../support/ask.ts';
import { gatewayAdminToken, type LiveYard, startLiveYard } from '../support/live-yard.ts';
import { until } from '../support/processes.ts';
import type { YardStatus } from '../support/start-yard.ts';
import { troubledProxy } from '../support/troubled-proxy.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-cancels-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

const slots = 2;
const soonMs = 250;
/** For what must happen first, on a busy computer too, ms. */
const patienceMs = 60_000;
const unhurried = 'Count me slowly.';

interface Scene {
  readonly yard: LiveYard;
  /** What the engine has written down. */
  log(): string;
  /** How often it wrote this. */
  seen(what: string): number;
  /** Leave with the signal. */
  asks(text: string, signal: AbortSignal): Promise<Response>;
  machine(): Promise<YardStatus['machines'][number] | undefined>;
}

interface Phase {
  readonly phase: string;
  /** How often it is measured; at most, where another program held the computer meanwhile. */
  readonly times: number;
  readonly most: number;
  readonly text: string;
  /** Before the request; returns what is to be done after it. */
  prepare?(scene: Scene): Promise<() => Promise<void>>;
  /** The request, and nothing else that has changed since, is in this phase. */
  reached(scene: Scene, before: Counts, asking: Promise<Response>): Promise<void>;
  /** Nobody works for it any more. */
  isOver(scene: Scene, before: Counts): boolean | Promise<boolean>;
  /** Its engine was at work. */
  readonly began: boolean;
  /** Others are, in all slots. */
  readonly fillsSlots?: boolean;
}

interface Counts {
  readonly active: number;
  readonly started: number;
  readonly cancelled: number;
  readonly tokenized: number;
}

const stream = { stream: true, max_tokens: 4_000 };
const first = async (asking: Promise<Response>): Promise<void> => void (await (await asking).body?.getReader().read());
const withdrawn = ({ yard }: Scene, { active }: Counts): boolean => yard.gateway.activeRequests === active;
const cancelled = ({ seen }: Scene, before: Counts): boolean => seen('"cancelled"') > before.cancelled;

const phases: readonly Phase[] = [
  {
    phase: 'queued',
    fillsSlots: true,
    times: 3,
    most: 7,
    text: 'Short.',
    began: false,
    async prepare({ asks }) {
      const leaving = new AbortController();
      for (let slot = 0; slot < slots; slot++) await first(asks(`Slot ${slot}.`, leaving.signal));
      return async () => leaving.abort();
    },
    reached: ({ yard }, { active }) => until('it waits', patienceMs, () => yard.gateway.activeRequests > active),
    isOver: withdrawn,
  },
  {
    phase: 'offered',
    times: 3,
    most: 7,
    text: unhurried,
    began: false,
    reached: ({ seen }, { tokenized }) =>
      until('the prompt is counted', patienceMs, () => seen('"tokenize"') > tokenized),
    // Its slot is free when the machine has said so.
    isOver: async (scene, before) => withdrawn(scene, before) && (await scene.machine())?.tickets === 0,
  },
  {
    phase: 'loading',
    times: 1,
    // An engine that crashes too often is given up.
    most: 3,
    text: 'Short.',
    began: false,
    async prepare({ yard, seen, log }) {
      const loads = seen('"loaded"');
      process.kill(Number(/.*"loaded","pid":(\d+)/s.exec(log())?.[1]), 'SIGKILL');
      const status = (): string | undefined => yard.gateway.models()[0]?.status;
      await until('its model is loaded again', patienceMs, () => status() === 'loading');
      // The load goes on: most of its work is done, and clients come back. Nobody is served by it.
      return () => until('the load has ended', patienceMs, () => seen('"loaded"') > loads && status() === 'ready');
    },
    reached: ({ yard }, { active }) => until('it waits', patienceMs, () => yard.gateway.activeRequests > active),
    isOver: withdrawn,
  },
  {
    phase: 'prefilling',
    times: 3,
    most: 7,
    // A quarter of a minute of reading, if nobody left.
    text: 'A long prompt. '.repeat(2_000),
    began: true,
    reached: ({ seen }, { started }) => until('the prompt is read', patienceMs, () => seen('"start"') > started),
    isOver: cancelled,
  },
  {
    phase: 'streaming',
    times: 3,
    most: 7,
    text: 'Short.',
    began: true,
    reached: (_scene, _before, asking) => first(asking),
    isOver: cancelled,
  },
];

/** Leaves in the middle of a phase; ms until nobody works for it. */
async function leaveIn({ phase, text, began, reached, isOver }: Phase, scene: Scene): Promise<number> {
  const { seen, yard } = scene;
  const before = {
    active: yard.gateway.activeRequests,
    started: seen('"start"'),
    cancelled: seen('"cancelled"'),
    tokenized: seen('"tokenize"'),
  };
  const leaving = new AbortController();
  const asking = scene.asks(text, leaving.signal);
  asking.catch(() => {});
  await reached(scene, before, asking);
  assert.equal(seen('"start"') > before.started, began, `${phase}: whether its engine is at work`);
  const leftMs = performance.now();
  leaving.abort();
  await until('nobody works for it', patienceMs, () => isOver(scene, before));
  return performance.now() - leftMs;
}

for (const way of ['websocket', 'http'] as const) {
  test(`who leaves is worked for no longer after 250 ms, over ${way}`, async () => {
    const logFile = join(scratch, `${way}.log`);
    let proxy: Awaited<ReturnType<typeof troubledProxy>> | undefined;
    const yard = await startLiveYard({
      engine: {
        slots,
        loadMs: 1_200,
        prefillTokensPerSecond: 400,
        tokensPerSecond: 50,
        otherwise: 'x '.repeat(4_000),
        slowCounting: { prompt: unhurried, ms: 3_000 },
        logFile,
      },
      network: async (url) => {
        if (way === 'websocket') return { url };
        proxy = await troubledProxy(url, 'refuses');
        return proxy;
      },
    });
    const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
    const scene: Scene = {
      yard,
      log,
      seen: (what) => log().split(what).length - 1,
      asks: (text, signal) => ask(yard, turn(yard.model, text, stream), { signal }),
      async machine() {
        const headers = { authorization: `Bearer ${gatewayAdminToken}` };
        const response = await fetch(new URL('/metalyard/status', yard.url), { headers });
        return ((await response.json()) as YardStatus).machines[0];
      },
    };
    try {
      for (const phase of phases) {
        const started = scene.seen('"start"');
        const times: number[] = [];
        while (times.length < phase.times || (times.length < phase.most && medianOf(times) > soonMs)) {
          const afterwards = await phase.prepare?.(scene);
          times.push(await leaveIn(phase, scene));
          await afterwards?.();
        }
        console.log(`  ${way}, ${phase.phase}: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
        assert.ok(medianOf(times) <= soonMs, `${phase.phase}: ${times} ms`);
        await until('every slot is free', patienceMs, async () => (await scene.machine())?.tickets === 0);
        const begun = phase.began ? times.length : phase.fillsSlots === true ? slots * times.length : 0;
        assert.equal(scene.seen('"start"') - started, begun, `${phase.phase}: answers that engines began`);
      }
    } finally {
      await yard[Symbol.asyncDispose]();
      await proxy?.[Symbol.asyncDispose]();
    }
  });
}
