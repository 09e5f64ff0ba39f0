/**
 * Very many machines on one gateway: the gateway a process of its own, the machines in others. For what depends
 * on their number: what a heartbeat costs, what a machine takes, how long a gateway that was gone is missed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { limits } from '../../../src/contract/limits.ts';
import { heartbeatMs } from '../../../src/yard/lease.ts';
import { type Address, ask, readJson, turn } from '../ask.ts';
import { until } from '../processes.ts';
import { bareSocketCpuUs } from './bare-sockets.ts';
import type {
  AgentsArguments,
  FromAgents,
  FromGateway,
  GatewayArguments,
  LightMachine,
  ToGateway,
} from './messages.ts';

export interface LightFleetOptions {
  readonly machines: number;
  /**
   * Before heartbeats are counted, ms: they need ten seconds to find their moments. Half a minute after its first facts a machine is
   * judged by what it has learnt of its way to the gateway, and until then much of the gateway's code is not yet compiled.
   */
  readonly settleMs: number;
  /** Heartbeats are counted for this long, ms. */
  readonly watchMs: number;
  /** The gateway is away for this long, ms. */
  readonly downMs: number;
}

export interface LightFleetFigures {
  /** Until the last nine tenths of the machines have linked, ms. */
  readonly linkMs: number;
  /** Of the gateway, for each heartbeat, confirmation included, µs; and what of it is the system's. */
  readonly heartbeatCpuUs: number;
  readonly heartbeatSystemUs: number;
  readonly heartbeats: number;
  /** Share of the heartbeats that were sent within the same 50 ms of each 250. */
  readonly togetherShare: number;
  /** The same while machines tell their facts, each once, µs; null where they have told them by then: a large fleet tells them later. */
  readonly factsCpuUs: number | null;
  /** For a text of that size over a WebSocket without any gateway, a hundred together, right after it on the same computer, µs. */
  readonly bareCpuUs: number;
  /** Of the gateway, for each machine: its heap and what lies beside it, and the whole process. Bytes. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** From when the gateway listens again until every machine has a session, ms. */
  readonly backMs: number;
  /** CPU for each machine that came back, of the gateway from then on and of the machines' processes, µs. */
  readonly backCpuUs: number;
  readonly backAgentsCpuUs: number;
  /** Meanwhile a client asked each second: how many of its requests were not answered, and the longest wait, ms. */
  readonly refused: number;
  readonly longestWaitMs: number;
  /** Of the new gateway: how often it called a machine suspect or lost. */
  readonly doubts: number;
  /** Machines that gave WebSockets up on the way, for want of an answer in time. */
  readonly withoutSocket: number;
  /** Answered by different machines, of 20 asked. */
  readonly answers: number;
}

/** Machines of one process: more would keep its one thread busy, and show as slowness of the gateway. */
const machinesPerProcess = 2_500;
/** Everything takes its time on a busy computer, ms; more so for each machine. */
const patienceMs = 120_000;
const patienceMsEach = 10;
/** What the first machines say first is not counted, ms. */
const firstSettleMs = 3_000;

export async function measureLightFleet({
  machines,
  settleMs,
  watchMs,
  downMs,
}: LightFleetOptions): Promise<LightFleetFigures> {
  const beatMs = heartbeatMs(machines);
  const tellsFactsLater = beatMs > 1.5 * limits.heartbeatMs;
  const patientMs = patienceMs + machines * patienceMsEach;
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-light-'));
  const all = Array.from({ length: machines }, (_, index) => newMachine(index));
  const fileOf = (name: string, some: readonly LightMachine[]): string => {
    const file = join(scratch, `${name}.json`);
    writeFileSync(file, JSON.stringify(some));
    return file;
  };
  const children = new Set<ChildProcess>();
  let client: ReturnType<typeof askEachSecond> | undefined;

  function start(program: string, argument: GatewayArguments | AgentsArguments): ChildProcess {
    const child = fork(new URL(program, import.meta.url), [JSON.stringify(argument)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.add(child);
    return child;
  }
  async function stopAll(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  const startOfGateway = async (argument: GatewayArguments) => {
    const child = start('./gateway-process.ts', argument);
    const ready = await hear<'listening'>(child);
    return { child, ...ready };
  };

  try {
    const directory = join(scratch, 'gateway');
    let gateway = await startOfGateway({ directory, port: 0, machinesFile: fileOf('all', all) });
    const { port } = gateway;
    const used = async () => {
      const { cpu, doubts } = await figures<'cpu'>(gateway.child, 'cpu');
      return { cpuUs: (cpu.userMs + cpu.systemMs) * 1_000, systemUs: cpu.systemMs * 1_000, doubts };
    };
    const memory = () => figures<'memory'>(gateway.child, 'memory');

    // What the gateway takes once, its code above all, is there when the first machines are.
    const first = Math.ceil(machines / 10);
    const groups = inGroups(all, first).map(({ members, first }, index) => {
      const machinesFile = fileOf(`group-${index}`, members);
      return startGroup(start('./agents-process.ts', { gatewayUrl: gateway.url, machinesFile, first }));
    });
    const linked = (): number => sum(groups.map(({ told }) => told().linked));
    const fresh = async (): Promise<{ reports: number; cpuUs: number; moments: number[] }> => {
      await Promise.all(
        groups.map(({ process }) => {
          process.send('figures');
          return once(process, 'message');
        }),
      );
      const told = groups.map((group) => group.told());
      return {
        reports: sum(told.map(({ reports }) => reports)),
        cpuUs: sum(told.map(({ cpuMs }) => cpuMs)) * 1_000,
        moments: added(told.map(({ moments }) => moments)),
      };
    };
    const allLinked = (): Promise<void> => until('all are linked', patientMs, () => linked() === machines);
    await until('the first are linked', patientMs, () => linked() === first);
    await passed(firstSettleMs);
    const few = await memory();
    const restMs = performance.now();
    for (const { process } of groups) process.send('the rest');
    await allLinked();
    const linkMs = performance.now() - restMs;

    const watch = async () => {
      const [gatewayBefore, before] = [await used(), await fresh()];
      await passed(watchMs);
      const { reports, moments } = await fresh();
      const heartbeats = reports - before.reports;
      const after = await used();
      const each = (what: 'cpuUs' | 'systemUs'): number => (after[what] - gatewayBefore[what]) / heartbeats;
      const sent = moments.map((count, moment) => count - (before.moments[moment] ?? 0));
      return { heartbeats, cpuUs: each('cpuUs'), systemUs: each('systemUs'), togetherShare: most(sent, 5) / sum(sent) };
    };
    let factsCpuUs: number | null = null;
    if (tellsFactsLater) {
      // Between the first heartbeat and the second.
      await passed(beatMs);
      factsCpuUs = (await watch()).cpuUs;
      await passed(Math.max(0, beatMs - watchMs));
    }
    await passed(settleMs);
    const beats = await watch();
    // Right after it: whatever else the computer does is in both figures. Not beside it: each would cost the other its caches.
    const bareCpuUs = await bareSocketCpuUs('together');
    const full = await memory();

    const asked = Array.from({ length: 20 }, async (_, index) =>
      readJson(await ask(gateway, turn('auto', `Hello ${index}.`))),
    );
    const answers = (await Promise.all(asked)).filter(({ content }) => content[0].text === 'Light.').length;

    gateway.child.kill('SIGKILL');
    await passed(downMs);
    await until('all have noticed', patientMs, () => linked() === 0);
    gateway = await startOfGateway({ directory, port });
    const againMs = performance.now();
    const [gatewayFrom, agentsFrom] = [await used(), await fresh()];
    client = askEachSecond(gateway);
    await allLinked();
    const backMs = performance.now() - againMs;
    const [gatewayTo, agentsTo] = [await used(), await fresh()];
    const waits = await client.stop();
    return {
      linkMs,
      heartbeats: beats.heartbeats,
      heartbeatCpuUs: beats.cpuUs,
      heartbeatSystemUs: beats.systemUs,
      togetherShare: beats.togetherShare,
      factsCpuUs,
      bareCpuUs,
      heapBytes: (full.heapBytes - few.heapBytes) / (machines - first),
      rssBytes: (full.rssBytes - few.rssBytes) / (machines - first),
      backMs,
      backCpuUs: (gatewayTo.cpuUs - gatewayFrom.cpuUs) / machines,
      backAgentsCpuUs: (agentsTo.cpuUs - agentsFrom.cpuUs) / machines,
      ...waits,
      doubts: gatewayTo.doubts,
      withoutSocket: sum(groups.map(({ told }) => told().withoutSocket)),
      answers,
    };
  } finally {
    client?.giveUp();
    await stopAll();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One short request a second, as a client that knows nothing of machines. */
function askEachSecond(gateway: Address): {
  /** When the last one has its answer. */
  stop(): Promise<{ readonly refused: number; readonly longestWaitMs: number }>;
  /** Asks no more. */
  giveUp(): void;
} {
  let refused = 0;
  let longestWaitMs = 0;
  const asked: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    const fromMs = performance.now();
    const response = await ask(gateway, turn('auto', 'Hello.'));
    await response.text();
    if (!response.ok) refused += 1;
    longestWaitMs = Math.max(longestWaitMs, performance.now() - fromMs);
  };
  const timer = setInterval(() => asked.push(one()), 1_000);
  asked.push(one());
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(asked);
      return { refused, longestWaitMs };
    },
    giveUp() {
      clearInterval(timer);
      // The gateway may have gone before it answered.
      for (const each of asked) each.catch(() => {});
    },
  };
}

interface Group {
  readonly members: readonly LightMachine[];
  /** So many of them link at once. */
  readonly first: number;
}

/** Machines by process; the `first` of all are of the first processes. */
function inGroups(machines: readonly LightMachine[], first: number): Group[] {
  const starts = Array.from(
    { length: Math.ceil(machines.length / machinesPerProcess) },
    (_, n) => n * machinesPerProcess,
  );
  return starts.map((start) => {
    const members = machines.slice(start, start + machinesPerProcess);
    return { members, first: Math.min(members.length, Math.max(0, first - start)) };
  });
}

/** A process of machines, and what it told last. */
function startGroup(process: ChildProcess): { readonly process: ChildProcess; told(): FromAgents } {
  let told: FromAgents = { linked: 0, withoutSocket: 0, reports: 0, moments: [], cpuMs: 0 };
  process.on('message', (message: FromAgents) => {
    told = message;
  });
  return { process, told: () => told };
}

/** Place by place. */
const added = (rows: readonly (readonly number[])[]): number[] =>
  (rows[0] ?? []).map((_, place) => sum(rows.map((row) => row[place] ?? 0)));

/** The largest sum of so many neighbours; the last one is the first one's. */
const most = (counts: readonly number[], neighbours: number): number =>
  Math.max(
    ...counts.map((_, at) => sum(Array.from({ length: neighbours }, (_, n) => counts[(at + n) % counts.length] ?? 0))),
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function newMachine(index: number): LightMachine {
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { name: `light-${index + 1}`, privateKey: der.toString('base64') };
}

const figures = <Type extends ToGateway>(child: ChildProcess, question: Type) => {
  child.send(question);
  return hear<Type>(child);
};

/** The next message of the gateway process; fails when it ends instead. */
async function hear<Type extends FromGateway['type']>(
  child: ChildProcess,
): Promise<Extract<FromGateway, { type: Type }>> {
  const ended = once(child, 'exit').then(([code, signal]): never => {
    throw new Error(`the gateway ended (${code ?? signal})`);
  });
  ended.catch(() => {});
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}

/** The figures in one line. */
export function lightFleetText(figures: LightFleetFigures): string {
  const { linkMs, heartbeats, heartbeatCpuUs, heartbeatSystemUs, bareCpuUs, heapBytes, rssBytes, backMs } = figures;
  const { togetherShare, factsCpuUs, backCpuUs, backAgentsCpuUs, answers, withoutSocket } = figures;
  const { refused, longestWaitMs, doubts } = figures;
  const us = (figure: number) => figure.toFixed(0);
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} KB`;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return (
    `nine tenths linked in ${seconds(linkMs)}, ${us(heartbeatCpuUs)} us of CPU for each of ${heartbeats} heartbeats, ` +
    `${us(heartbeatSystemUs)} of them the system's (${us(bareCpuUs)} us over a bare WebSocket where a hundred come together: ` +
    `${(heartbeatCpuUs / bareCpuUs).toFixed(2)} times that), ` +
    `${(100 * togetherShare).toFixed(0)} % of them sent within 50 ms of each 250, ` +
    (factsCpuUs === null ? '' : `${us(factsCpuUs)} us while machines told their facts, `) +
    `${kilobytes(heapBytes)} each (${kilobytes(rssBytes)} of the process), ${answers} of 20 requests answered, ` +
    `all back ${seconds(backMs)} after the gateway listened again: ${us(backCpuUs)} us of CPU each here and ` +
    `${us(backAgentsCpuUs)} there; ` +
    `a client meanwhile waited ${seconds(longestWaitMs)} at most, ${refused} refused; ${doubts} machines doubted` +
    (withoutSocket === 0 ? '' : `, ${withoutSocket} of them without a WebSocket`)
  );
}

/** The bars that were missed. A heartbeat may cost 60 µs; on a computer where a text over a bare WebSocket takes more, as much. */
export function lightFleetBars(figures: LightFleetFigures): string[] {
  const { heartbeatCpuUs, bareCpuUs, heapBytes, backMs, answers, doubts, withoutSocket } = figures;
  return [
    ...(doubts > 0 ? ['no live machine called suspect or lost'] : []),
    ...(withoutSocket > 0 ? ['all by WebSocket'] : []),
    ...(heartbeatCpuUs > Math.max(60, bareCpuUs) ? ['60 us of CPU for each heartbeat'] : []),
    ...(heapBytes > 15_000 ? ['15 KB for each machine'] : []),
    ...(backMs > 15_000 ? ['all back 15 s after the gateway listens again'] : []),
    ...(answers < 20 ? ['20 of 20 requests answered'] : []),
  ];
}
