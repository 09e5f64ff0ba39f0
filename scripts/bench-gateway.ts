/**
 * What the gateway costs, next to the least a gateway can do. Engines are infinitely fast here, so
 * everything measured is ours. Both sides have a real agent of their own, get the same bodies, have the same said over
 * their link and say the same to their clients, and take turns within one run, so that a busy machine disturbs both
 * alike; what went over the wires is printed beside each other. The bodies of one size are all the same: the gateway
 * keeps nothing of a conversation, but knows tools again (`gateway/http/known-tools.ts`), which clients send unchanged
 * too.
 *
 * The first word is timed in another yard, without the relay that counts what goes over the link, next to the same engine behind
 * the least of a server (`bench/direct-server.ts`), and to the engine alone, over the channel to its process. What is judged is
 * the first: a client speaks HTTP to something, and that is no work of gateway and agent.
 *
 * npm run bench:gateway [-- ROUNDS]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScriptedConfig } from '../test/support/scripted/config.ts';
import { writeScriptedEngine } from '../test/support/scripted-engine.ts';
import { startAgentAlone, startApart, type YardApart } from '../test/support/start-yard.ts';
import { sessionBody, smallBody } from './bench/bodies.ts';
import { startEngineAlone } from './bench/engine-alone.ts';
import { type LinkRelay, startLinkRelay, type Traffic } from './bench/link-relay.ts';
import { type Answer, median, streamMany, streamOnce, type Target } from './bench/load.ts';
import type { Recorded, RecordedWelcome } from './bench/minimal-gateway.ts';

/** About 100 tokens of an ordinary tokenizer. */
const answer = 'A yard is a place where machines of many kinds stand side by side and work. '.repeat(6);
/** Many short ones: one that was disturbed counts little in the median. */
const rounds = Number(process.argv[2] ?? 25);
const concurrency = 4;
/** Tokens per second and stream where each token is to be relayed by itself. */
const relayedPerSecond = 300;
/** `warming`: requests after which the compiler of Node has little left to do; a gateway runs for weeks. */
const aims = {
  small: { name: 'small body', warming: 3_000, requests: 100, ratio: 2.5, addedMs: 1.5 },
  large: { name: '100 KB body', warming: 600, requests: 40, ratio: 1.5, addedMs: 2.5 },
} as const;
type Aim = (typeof aims)[keyof typeof aims];

interface Cpu {
  readonly user: number;
  readonly system: number;
}
interface Side {
  readonly target: Target;
  readonly relay: LinkRelay;
  cpu(): Promise<Cpu>;
}
interface Minimal extends Side {
  tell(recorded: Recorded): Promise<void>;
}

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-bench-'));
const children: ChildProcess[] = [];

interface Pair extends AsyncDisposable {
  readonly model: string;
  readonly yard: Side;
  readonly minimal: Minimal;
}

/** A gateway and the least of one, each behind a relay and with an agent and an engine of its own. */
async function startPair(slots: number, engine: ScriptedConfig): Promise<Pair> {
  const ended = new AsyncDisposableStack();
  try {
    let relay: LinkRelay | undefined;
    const yard = ended.use(
      await startApart({
        slots,
        engine: { slots, window: 200_000, ...engine },
        async dials(gatewayUrl) {
          relay = await startLinkRelay(gatewayUrl);
          return relay.url;
        },
      }),
    );
    if (relay === undefined) throw new Error('no relay');
    ended.defer(relay.close);
    const minimal = await startMinimal(relay, slots, engine, ended);
    const cpu = async () => (await yard.status()).cpu;
    return {
      model: yard.model,
      yard: { target: targetOf(yard), relay, cpu },
      minimal,
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
  } catch (error) {
    await ended.disposeAsync();
    throw error;
  }
}

/** `ours`: says how agents are let in. */
async function startMinimal(
  ours: LinkRelay,
  slots: number,
  engine: ScriptedConfig,
  ended: AsyncDisposableStack,
): Promise<Minimal> {
  const gateway = fork(join(import.meta.dirname, 'bench/minimal-gateway.ts'), { execArgv: [] });
  children.push(gateway);
  gateway.once('exit', (code) => {
    if (code !== 0) throw new Error('the minimal gateway has ended');
  });
  const { url } = await told<{ url: string }>(gateway, 'url');
  const tell = async (message: Recorded | RecordedWelcome): Promise<void> => {
    const understood = new Promise<void>((resolve) => {
      const listen = (answered: unknown): void => {
        if (answered !== 'ready') return;
        gateway.off('message', listen);
        resolve();
      };
      gateway.on('message', listen);
    });
    gateway.send(message);
    await understood;
  };
  await tell({ welcome: ours.lastSaid('welcome') });
  const ready = told(gateway, 'machine');
  const relay = await startLinkRelay(url);
  ended.defer(relay.close);
  ended.use(startAgentAlone(relay.url, { slots, engine: { slots, window: 200_000, ...engine } }));
  await ready;
  return {
    target: { url, key: 'none' },
    relay,
    cpu: async () => (await (await fetch(`${url}/cpu`)).json()) as Cpu,
    tell,
  };
}

/** The next message that has this field. */
function told<Message>(child: ChildProcess, field: string): Promise<Message> {
  return new Promise((resolve) => {
    const listen = (message: Message): void => {
      if (typeof message !== 'object' || message === null || !(field in message)) return;
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
  });
}

/** Has the minimal side say and hear what ours does for this body. */
async function liken({ yard, minimal }: Pair, body: Buffer): Promise<void> {
  const { headers, text } = await streamOnce(yard.target, body);
  const { request, requestId, attempt, ...offer } = yard.relay.lastSaid('offer');
  minimal.relay.putRequest(request);
  const own = ['connection', 'date', 'keep-alive', 'transfer-encoding'];
  await minimal.tell({
    offer,
    // None of ours comes more than once.
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name))) as Recorded['headers'],
    comment: /^: .*\n(?=event: message_stop)/m.exec(text)?.[0] ?? '',
  });
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

interface Seen {
  readonly answers: Answer[];
  readonly traffic: Traffic[];
}
const seenNothing = (): Seen => ({ answers: [], traffic: [] });

/** What went over the wires for each request, so that a reader sees that it was the same. */
function printTraffic(name: string, { answers, traffic }: Seen): void {
  const per = (value: number): string => (value / answers.length).toFixed(value >= 100 * answers.length ? 0 : 1);
  const sum = (of: (one: Traffic) => number): string => per(traffic.reduce((all, one) => all + of(one), 0));
  const frames = (flow: keyof Traffic): string => {
    const types = [...new Set(traffic.flatMap((one) => Object.keys(one[flow].frames)))].toSorted();
    return types.map((type) => `${type} ${sum((one) => one[flow].frames[type] ?? 0)}`).join(', ');
  };
  for (const flow of ['fromGateway', 'fromAgent'] as const) {
    const way = flow === 'fromAgent' ? 'agent to gateway' : 'gateway to agent';
    const [bytes, chunks] = [sum((one) => one[flow].bytes), sum((one) => one[flow].chunks)];
    print(`    ${name.padEnd(8)} ${way}   ${bytes} bytes in ${chunks} writes; frames: ${frames(flow)}`);
  }
  const total = (of: (one: Answer) => number): string => per(answers.reduce((all, one) => all + of(one), 0));
  print(
    `    ${name.padEnd(8)} to the client      ${total((one) => one.wireBytes)} bytes, ` +
      `of which events ${total((one) => one.bytes)} in ${total((one) => one.chunks)} writes; ` +
      `deltas ${total((one) => one.deltas)}, headers ${total((one) => Object.keys(one.headers).length)}`,
  );
}

async function benchRequests(pair: Pair, aim: Aim, body: Buffer): Promise<void> {
  const { yard, minimal } = pair;
  await streamMany(yard.target, body, aim.warming, concurrency);
  await liken(pair, body);
  await streamMany(minimal.target, body, aim.warming, concurrency);
  yard.relay.take();
  minimal.relay.take();
  const sides = [
    { side: yard, cpuMs: [] as number[], seen: seenNothing() },
    { side: minimal, cpuMs: [] as number[], seen: seenNothing() },
  ] as const;
  for (let round = 0; round < rounds; round++) {
    for (const { side, cpuMs, seen } of sides) {
      const work = async () => {
        seen.answers.push(...(await streamMany(side.target, body, aim.requests, concurrency)));
      };
      cpuMs.push(((await cpuMsOf(side, work)) / aim.requests) * 1000);
      seen.traffic.push(side.relay.take());
    }
  }
  const [ours, least] = sides;
  const ratios = ours.cpuMs.map((value, at) => value / (least.cpuMs[at] ?? Number.NaN)).toSorted((a, b) => a - b);
  const [low, ratio, high] = [1, 2, 3].map((quarter) => ratios.at((quarter * rounds) / 4) ?? Number.NaN);
  print(`${aim.name}, ${(body.length / 1024).toFixed(1)} KB; for each request, mean of ${ours.seen.answers.length}`);
  printTraffic('gateway', ours.seen);
  printTraffic('minimal', least.seen);
  print(
    `  CPU ms per 1,000 requests   gateway ${median(ours.cpuMs).toFixed(0)}, minimal ${median(least.cpuMs).toFixed(0)}`,
  );
  print(
    `  ratio, median of ${rounds} rounds  ${ratio?.toFixed(2)} (half of them ${low?.toFixed(2)} to ${high?.toFixed(2)})   ${verdict(ratio ?? Number.NaN, aim.ratio)}`,
  );
}

async function benchFirstWord(yard: YardApart, aim: Aim, body: Buffer): Promise<void> {
  const target = targetOf(yard);
  const engine = await startEngineAlone(scratch, answer);
  const direct = await startDirect();
  await streamMany(target, body, aim.warming / 3, concurrency);
  await streamMany(direct, body, aim.warming / 3, concurrency);
  const prompt = body.toString('utf8');
  for (let turn = 0; turn < aim.warming / 3; turn++) await engine.ttftMs(prompt);
  const ours: number[] = [];
  const served: number[] = [];
  const alone: number[] = [];
  for (let turn = 0; turn < 200; turn++) {
    ours.push((await streamOnce(target, body)).ttftMs);
    served.push((await streamOnce(direct, body)).ttftMs);
    alone.push(await engine.ttftMs(prompt));
  }
  engine.close();
  const overMs = (other: readonly number[]): number => median(ours) - median(other);
  const addedMs = overMs(served);
  const p50 = (values: readonly number[]): string => median(values).toFixed(2);
  print(`${aim.name}, first word`);
  print(`  TTFT p50 ms                 yard ${p50(ours)}, least server ${p50(served)}, engine alone ${p50(alone)}`);
  print(`  added by gateway + agent    ${addedMs.toFixed(2)} ms   ${verdict(addedMs, aim.addedMs)}`);
  print(`  over the engine alone       ${overMs(alone).toFixed(2)} ms, HTTP to the client included`);
}

/** The same engine behind the least of a server. */
async function startDirect(): Promise<Target> {
  const program = writeScriptedEngine(scratch, { slots: concurrency, window: 200_000, otherwise: answer });
  const server = fork(join(import.meta.dirname, 'bench/direct-server.ts'), [program], { execArgv: [] });
  children.push(server);
  const { url } = await told<{ url: string }>(server, 'url');
  return { url, key: 'none' };
}

/** The agent gathers tokens that come within 10 ms, on both sides alike. */
async function benchRelay(): Promise<void> {
  await using pair = await startPair(8, { otherwise: answer.repeat(8), tokensPerSecond: relayedPerSecond });
  const body = smallBody(pair.model);
  await liken(pair, body);
  const sides = [
    { side: pair.yard, perMillion: [] as number[] },
    { side: pair.minimal, perMillion: [] as number[] },
  ] as const;
  let sample: Answer | undefined;
  for (let round = 0; round < 5; round++) {
    for (const { side, perMillion } of sides) {
      let relayed = 0;
      const cpuMs = await cpuMsOf(side, async () => {
        for (const one of await streamMany(side.target, body, 8, 8)) {
          relayed += one.tokens;
          sample = one;
        }
      });
      perMillion.push((cpuMs / relayed) * 1e6);
    }
  }
  const [ours, least] = sides.map(({ perMillion }) => perMillion);
  const ratios = ours?.map((value, at) => value / (least?.[at] ?? Number.NaN));
  const seconds = (values: readonly number[] | undefined): string => (median(values ?? []) / 1000).toFixed(1);
  print(
    `relay, 8 streams of ${sample?.tokens} tokens in ${sample?.deltas} deltas, ${relayedPerSecond} tokens/s a stream`,
  );
  print(
    `  CPU s per million tokens    gateway ${seconds(ours)}, minimal ${seconds(least)}, ratio ${median(ratios ?? []).toFixed(2)}`,
  );
}

const targetOf = ({ url, key }: YardApart): Target => ({ url, key });
const bodyOf = (aim: Aim, model: string): Buffer =>
  aim === aims.small ? smallBody(model) : sessionBody(model, 100 * 1024);

try {
  print(`node ${process.version}, ${concurrency} requests at a time`);
  {
    await using pair = await startPair(concurrency, { otherwise: answer });
    for (const aim of Object.values(aims)) await benchRequests(pair, aim, bodyOf(aim, pair.model));
  }
  {
    const engine = { slots: concurrency, window: 200_000, otherwise: answer };
    await using yard = await startApart({ slots: concurrency, engine });
    for (const aim of Object.values(aims)) await benchFirstWord(yard, aim, bodyOf(aim, yard.model));
  }
  await benchRelay();
} finally {
  for (const child of children) child.disconnect();
  rmSync(scratch, { recursive: true, force: true });
}
