/**
 * What the gateway costs, next to the least a gateway can do. Engines are infinitely fast here, so
 * everything measured is ours. Both sides get the same bodies, send the same events in as many pieces
 * on average, and take turns within one run, so that a busy machine disturbs both alike. The bodies of
 * one size are all the same: the gateway keeps nothing of a conversation, but knows tools again
 * (`gateway/http/known-tools.ts`), which clients send unchanged too.
 *
 * npm run bench:gateway
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApart } from '../test/support/start-yard.ts';
import { sessionBody, smallBody } from './bench/bodies.ts';
import { startEngineAlone } from './bench/engine-alone.ts';
import { type Answer, mean, median, streamMany, streamOnce, type Target } from './bench/load.ts';
import type { MachinePlan } from './bench/minimal-machine.ts';

/** About 100 tokens of an ordinary tokenizer. */
const answer = 'A yard is a place where machines of many kinds stand side by side and work. '.repeat(6);
/** Many short ones: one that was disturbed counts little in the median. */
const rounds = 25;
const concurrency = 4;
/** Tokens per second and stream where each token is to be relayed by itself. */
const relayedPerSecond = 300;
/** `warming`: requests after which the compiler of Node has little left to do; a gateway runs for weeks. */
const aims = {
  small: { name: 'small body', warming: 3_000, requests: 100, ratio: 2.5, addedMs: 1.5 },
  large: { name: '100 KB body', warming: 600, requests: 40, ratio: 1.5, addedMs: 2.5 },
} as const;

interface Cpu {
  readonly user: number;
  readonly system: number;
}
interface Side {
  readonly target: Target;
  cpu(): Promise<Cpu>;
}
interface Minimal extends Side {
  plan(plan: MachinePlan): Promise<void>;
}

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-bench-'));
const children: ChildProcess[] = [];

async function startMinimal(): Promise<Minimal> {
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
  const gateway = fork(join(import.meta.dirname, 'bench/minimal-gateway.ts'), { stdio: [...stdio] });
  children.push(gateway);
  if (gateway.stdout === null) throw new Error('no output to read');
  const lines = gateway.stdout.setEncoding('utf8');
  const [line] = await once(lines, 'data');
  const { url } = JSON.parse(line);
  const connected = once(lines, 'data');
  const machine = fork(join(import.meta.dirname, 'bench/minimal-machine.ts'), [url.replace('http', 'ws')]);
  children.push(machine);
  await connected;
  return {
    target: { url, key: 'none' },
    cpu: async () => (await (await fetch(`${url}/cpu`)).json()) as Cpu,
    async plan(plan) {
      const understood = once(machine, 'message');
      machine.send(plan);
      await understood;
    },
  };
}

/** CPU time of a side while `work` runs, ms. */
async function cpuMsOf(side: Side, work: () => Promise<unknown>): Promise<number> {
  const before = await side.cpu();
  await work();
  const after = await side.cpu();
  return (after.user - before.user + after.system - before.system) / 1000;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const verdict = (value: number, aim: number): string => `aim ${aim}: ${value <= aim ? 'met' : 'MISSED'}`;
const deltasOf = (answers: readonly Answer[]): number => mean(answers.map(({ deltas }) => deltas));

async function benchRequests(yard: Side, minimal: Minimal, model: string) {
  const engine = await startEngineAlone(scratch, answer);
  for (const [size, aim] of Object.entries(aims)) {
    const body = size === 'small' ? smallBody(model) : sessionBody(model, 100 * 1024);
    const warm = await streamMany(yard.target, body, aim.warming, concurrency);
    await minimal.plan({ text: answer, pieces: deltasOf(warm) });
    const warmMinimal = await streamMany(minimal.target, body, aim.warming, concurrency);

    const ours: number[] = [];
    const least: number[] = [];
    const ttft = { ours: [] as number[], least: [] as number[], engine: [] as number[] };
    const prompt = body.toString('utf8');
    for (let round = 0; round < rounds; round++) {
      for (const [side, into] of [[yard, ours] as const, [minimal, least] as const]) {
        const work = () => streamMany(side.target, body, aim.requests, concurrency);
        into.push(((await cpuMsOf(side, work)) / aim.requests) * 1000);
      }
      for (let turn = 0; turn < 8; turn++) {
        ttft.ours.push((await streamOnce(yard.target, body)).ttftMs);
        ttft.least.push((await streamOnce(minimal.target, body)).ttftMs);
        ttft.engine.push(await engine.ttftMs(prompt));
      }
    }
    const ratios = ours.map((value, at) => value / (least[at] ?? Number.NaN));
    const ratio = median(ratios);
    const [low, high] = [
      ratios.toSorted((a, b) => a - b).at(rounds / 4),
      ratios.toSorted((a, b) => b - a).at(rounds / 4),
    ];
    const addedMs = median(ttft.ours) - median(ttft.engine);
    const [bytes, leastBytes] = [warm, warmMinimal].map((answers) => median(answers.map((one) => one.bytes)));
    print(`${aim.name} (${(body.length / 1024).toFixed(1)} KB; answers of ${bytes} bytes, minimal ${leastBytes})`);
    print(`  CPU ms per 1,000 requests   gateway ${median(ours).toFixed(0)}, minimal ${median(least).toFixed(0)}`);
    print(
      `  ratio, median of ${rounds} rounds  ${ratio.toFixed(2)} (half of them ${low?.toFixed(2)} to ${high?.toFixed(2)})   ${verdict(ratio, aim.ratio)}`,
    );
    print(
      `  TTFT p50 ms                 yard ${median(ttft.ours).toFixed(2)}, minimal ${median(ttft.least).toFixed(2)}, engine alone ${median(ttft.engine).toFixed(2)}`,
    );
    print(`  added by gateway + agent    ${addedMs.toFixed(2)} ms   ${verdict(addedMs, aim.addedMs)}`);
  }
  engine.close();
}

/** The minimal server relays each token by itself; the agent gathers those that come within 10 ms. */
async function benchRelay(minimal: Minimal) {
  const text = answer.repeat(8);
  await using yard = await startApart({
    slots: 8,
    engine: { slots: 8, window: 200_000, otherwise: text, tokensPerSecond: relayedPerSecond },
  });
  const side = sideOf(yard);
  const body = smallBody(yard.model);
  const sample = await streamMany(side.target, body, 8, 8);
  const tokens = sample[0]?.tokens ?? Number.NaN;
  await minimal.plan({ text, pieces: tokens, piecesPerSecond: relayedPerSecond });
  const perMillion = { ours: [] as number[], least: [] as number[] };
  for (let round = 0; round < 5; round++) {
    for (const [target, into] of [[side, perMillion.ours] as const, [minimal, perMillion.least] as const]) {
      let relayed = 0;
      const cpuMs = await cpuMsOf(target, async () => {
        for (const one of await streamMany(target.target, body, 8, 8)) relayed += one.tokens;
      });
      into.push((cpuMs / relayed) * 1e6);
    }
  }
  const ratios = perMillion.ours.map((value, at) => value / (perMillion.least[at] ?? Number.NaN));
  print(
    `relay, 8 streams of ${tokens} tokens in ${deltasOf(sample).toFixed(0)} deltas, ${relayedPerSecond} tokens/s a stream`,
  );
  print(
    `  CPU s per million tokens    gateway ${(median(perMillion.ours) / 1000).toFixed(1)}, minimal ${(median(perMillion.least) / 1000).toFixed(1)}, ratio ${median(ratios).toFixed(2)}`,
  );
}

function sideOf(yard: Awaited<ReturnType<typeof startApart>>): Side {
  return { target: { url: yard.url, key: yard.key }, cpu: async () => (await yard.status()).cpu };
}

try {
  const minimal = await startMinimal();
  {
    await using yard = await startApart({ slots: 4, engine: { slots: 4, window: 200_000, otherwise: answer } });
    print(`node ${process.version}, ${concurrency} requests at a time`);
    await benchRequests(sideOf(yard), minimal, yard.model);
  }
  await benchRelay(minimal);
} finally {
  for (const child of children) child.disconnect();
  rmSync(scratch, { recursive: true, force: true });
}
