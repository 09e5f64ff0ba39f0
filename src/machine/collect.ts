/** All that can be known of this machine now. */
import { known } from '../contract/machine/fact.ts';
import type { FactName, Facts, OperatingSystem } from '../contract/machine/facts.ts';
import { allProbes, probesOf } from './all-probes.ts';
import { derived } from './derived.ts';
import { gpuListNames, mergeGpuLists, withTarget } from './gpu-merge.ts';
import { probeIo } from './io/probe-io.ts';
import { mergeFacts } from './parse-with.ts';
import type { MutableFacts, Probe } from './probe.ts';
import { type ProbeRun, runProbe } from './run-probe.ts';

export interface CollectOptions {
  /** Metalyard's version, for the facts. */
  readonly version?: string;
  /** File or folder of the models; otherwise the working directory. */
  readonly modelsPath?: string;
  /** Only probes that can give one of these facts. */
  readonly only?: readonly FactName[];
  /** Also measure what costs time: the read speed of the models' disk. */
  readonly measure?: boolean;
  /** The longest a tool may take, ms; otherwise 10 s. */
  readonly toolTimeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Never rejects; takes a few seconds at most, bounded by the probes' time limits. */
export async function collectFacts(options: CollectOptions = {}): Promise<Facts> {
  const probes = [...chosen(options.only), ...(options.measure === true ? onDemand() : [])];
  const runs = await runProbes(probes, options);
  const own: MutableFacts = {};
  if (options.version !== undefined) own['metalyard.version'] = known(options.version, 'the running program');
  return combine([own, ...runs.map(({ facts }) => facts)]);
}

export async function runProbes(probes: readonly Probe[], options: CollectOptions = {}): Promise<readonly ProbeRun[]> {
  const { modelsPath = process.cwd(), env, toolTimeoutMs } = options;
  const io = probeIo({
    modelsPath,
    ...(env === undefined ? {} : { env }),
    ...(toolTimeoutMs === undefined ? {} : { toolTimeoutMs }),
  });
  return Promise.all(probes.map((probe) => runProbe(probe, io)));
}

/** Facts of several probes as those of one machine. */
export function combine(all: readonly Facts[]): Facts {
  const merged: MutableFacts = { ...mergeFacts(all) };
  for (const name of gpuListNames) {
    const lists = all.flatMap((facts) => {
      const fact = facts[name];
      return fact?.known ? [fact] : [];
    });
    const [first] = lists;
    if (first !== undefined)
      merged[name] = known(mergeGpuLists(lists.map(({ value }) => value)).map(withTarget), first.source);
  }
  return { ...merged, ...derived(merged) };
}

export const thisFamily: OperatingSystem =
  process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'macos' : 'linux';

const onDemand = (): readonly Probe[] =>
  allProbes.filter(({ platforms, onDemand: asked }) => asked === true && platforms.includes(thisFamily));

function chosen(only: readonly FactName[] | undefined): readonly Probe[] {
  const probes = probesOf(thisFamily);
  return only === undefined ? probes : probes.filter(({ facts }) => facts.some((name) => only.includes(name)));
}
