/**
 * The facts that change while a machine works: memory, pressure, heat, power, GPUs. Read every few
 * seconds, from files where there are files and else from one tool that keeps running, never by
 * starting tools again and again. On battery and without work no tool runs at all: files alone are read.
 */
import { known, knownValue, unknown } from '../../contract/machine/fact.ts';
import type { FactName, Facts, Gpu, OperatingSystem } from '../../contract/machine/facts.ts';
import { allProbes } from '../all-probes.ts';
import { combine, thisFamily } from '../collect.ts';
import { mergeGpuLists } from '../gpu-merge.ts';
import { probeIo } from '../io/probe-io.ts';
import type { MutableFacts, Probe } from '../probe.ts';
import { runProbe } from '../run-probe.ts';
import type { LiveTool } from './live-tool.ts';
import { powerLive, vmStatLive } from './macos-live.ts';
import { nvidiaLive } from './nvidia-live.ts';

const liveNames = [
  'memory.total_bytes',
  'memory.available_bytes',
  'memory.limit_bytes',
  'memory.limit_used_bytes',
  'memory.swap_total_bytes',
  'memory.swap_used_bytes',
  'memory.pressure',
  'memory.stall_10s',
  'memory.stall_full_10s',
  'memory.compressor_bytes',
  'memory.swapouts',
  'memory.swapped_out_30s',
  'cpu.load_1m',
  'cpu.stall_10s',
  'disk.stall_10s',
  'power.source',
  'power.battery_level',
  'power.saver',
  'power.lid_closed',
  'thermal.max_celsius',
  'nvidia.driver',
  'nvidia.module_version',
  'gpu.all',
] as const satisfies readonly FactName[];

/** Probes of files alone. */
const fileProbes: Readonly<Record<OperatingSystem, readonly string[]>> = {
  linux: [
    'linux-memory',
    'linux-cpu-pressure',
    'linux-io-pressure',
    'linux-power',
    'linux-thermal',
    'linux-pci',
    'nvidia-driver-files',
  ],
  windows: ['host-runtime'],
  macos: [],
};

interface ToolProbe {
  /** Readings from one run to the next. */
  readonly every: number;
  /** Also while idle on battery: nothing else would see the mains come back. */
  readonly always?: boolean;
}

/** Probes of tools that end by themselves. */
const toolProbes: Readonly<Record<OperatingSystem, Readonly<Record<string, ToolProbe>>>> = {
  linux: {},
  // A PowerShell costs half a second of a core: once in five minutes.
  windows: { 'windows-battery': { every: 60, always: true } },
  // Pressure and swap change within seconds; what pmset tells besides the power source does not.
  macos: { 'macos-sysctl': { every: 1 }, 'macos-power': { every: 12 } },
};

/** Tools that keep running. */
function liveTools(whole: Facts, env: NodeJS.ProcessEnv, family: OperatingSystem): readonly LiveTool[] {
  const nvidia = nvidiaLive(whole, env);
  return [...(family === 'macos' ? [vmStatLive(env), powerLive(env)] : []), ...(nvidia === undefined ? [] : [nvidia])];
}

const liveIntervalMs = 5_000;

export interface LiveFactsOptions {
  /** What is known of the machine as a whole; for what does not change. */
  readonly whole: Facts;
  /** Requests run or models load here. */
  isWorking(): boolean;
  /** After each reading. */
  onFacts?(facts: Facts): void;
  readonly env?: NodeJS.ProcessEnv;
  readonly intervalMs?: number;
  /** Another system's tools than this one's. */
  readonly family?: OperatingSystem;
  /** Other probes of files than the system's. */
  readonly files?: readonly Probe[];
}

export interface LiveFacts {
  /** The last reading; empty before the first. */
  readonly facts: Facts;
  /** Pids of tools that keep running. */
  readonly pids: readonly number[];
  stop(): void;
}

export function watchFacts(options: LiveFactsOptions): LiveFacts {
  const { whole, env = process.env, intervalMs = liveIntervalMs, family = thisFamily } = options;
  const { files = probesNamed(fileProbes[family]) } = options;
  const rules = toolProbes[family];
  const tools = probesNamed(Object.keys(rules));
  const live = liveTools(whole, env, family);
  const io = probeIo({ modelsPath: '/', env, toolTimeoutMs: intervalMs });
  /** What each of the tools that end by themselves said last. */
  const said = new Map<string, Facts>();
  let facts: Facts = {};
  let readings = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function read(): Promise<void> {
    const idleOnBattery =
      !options.isWorking() && knownValue(facts['power.source'] ?? whole['power.source']) === 'battery';
    for (const { tool, waits } of live) {
      if (idleOnBattery && !waits) tool.stop();
      else tool.start();
    }
    const asked = tools.filter(({ name }) => !idleOnBattery || rules[name]?.always === true);
    for (const { name } of tools) if (!asked.some((probe) => probe.name === name)) said.delete(name);
    const due = asked.filter(({ name }) => !said.has(name) || readings % (rules[name]?.every ?? 1) === 0);
    readings += 1;
    const [fromFiles] = await Promise.all([
      Promise.all(files.map((probe) => runProbe(probe, io))),
      ...due.map(async (probe) => said.set(probe.name, (await runProbe(probe, io)).facts)),
    ]);
    if (stopped) return;
    const running = live.filter(({ waits }) => waits || !idleOnBattery).map(({ facts: told }) => told);
    facts = liveOnly(whole, [...running, ...fromFiles.map((run) => run.facts), ...said.values()]);
    options.onFacts?.(facts);
    // The listener may have had enough.
    if (!stopped) timer = setTimeout(() => void read(), intervalMs).unref();
  }
  void read();

  return {
    get facts() {
      return facts;
    },
    get pids() {
      return live.flatMap(({ tool: { pid } }) => (pid === undefined ? [] : [pid]));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const { tool } of live) tool.stop();
    },
  };
}

const probesNamed = (names: readonly string[]): readonly Probe[] =>
  allProbes.filter(({ name }) => names.includes(name));

/** Of these what was read at the start holds until something else is read: they do not change by themselves. */
const lasting: ReadonlySet<FactName> = new Set<FactName>([
  'memory.total_bytes',
  'memory.limit_bytes',
  'nvidia.driver',
  'nvidia.module_version',
  'gpu.all',
]);
const unread = unknown('not-probed', 'nothing reads it at the moment');

/**
 * GPUs have their changing figures from now and the rest from the whole; an old figure is never passed off as new: what
 * was known at the start and is not read now is unknown.
 */
export function liveOnly(whole: Facts, readings: readonly Facts[]): Facts {
  const now: MutableFacts = { ...combine(readings) };
  const all = whole['gpu.all'];
  if (all?.known) {
    const changing = (['nvidia.gpus', 'amd.gpus'] as const).flatMap((name) => {
      const fact = now[name];
      return fact?.known ? fact.value : [];
    });
    now['gpu.all'] = known(mergeGpuLists([changing, all.value.map(withoutFigures)]), all.source);
  }
  const told = liveNames.flatMap((name) => {
    const fact = now[name] ?? (whole[name]?.known && !lasting.has(name) ? unread : undefined);
    return fact === undefined ? [] : [[name, fact]];
  });
  return Object.fromEntries(told);
}

const figures = [
  'vram_used_bytes',
  'vram_free_bytes',
  'temperature_celsius',
  'power_watts',
  'utilization',
  'throttling',
] as const;

function withoutFigures(gpu: Gpu): Gpu {
  return {
    ...gpu,
    ...Object.fromEntries(figures.filter((name) => gpu[name] !== undefined).map((name) => [name, unread])),
  };
}
