/** Processor, its instruction sets, load, and a container's share of it. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { keyValues, record } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';
import { decimal, integer } from '../text/numbers.ts';
import { section, sections } from '../text/sections.ts';

const files = [
  '/proc/cpuinfo',
  '/proc/loadavg',
  '/sys/fs/cgroup/cpu.max',
  '/sys/fs/cgroup/cpu/cpu.cfs_quota_us',
  '/sys/fs/cgroup/cpu/cpu.cfs_period_us',
];
/** What llama.cpp's CPU variants differ in; the whole list would be a page. */
const wanted = new Set(
  'sse4_2 avx avx2 fma f16c bmi2 avx_vnni avx512f avx512bw avx512_vnni avx512_bf16 amx_int8 asimd asimddp i8mm sve sve2 bf16'.split(
    ' ',
  ),
);

export const linuxCpu: Probe = {
  name: 'linux-cpu',
  title: 'processor, load, CPU limit of the container',
  reads: files,
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['cpu.name', 'cpu.logical_cores', 'cpu.physical_cores', 'cpu.features', 'cpu.load_1m', 'cpu.quota_cores'],
  read: async (io) => [await io.files('/proc/cpuinfo, /proc/loadavg, cgroup', files)],
  parse: parseWith(['cpu.logical_cores'], (text, source) => {
    const all = sections(text);
    return {
      ...cpuinfo(section(all, 'cpuinfo') ?? '', `${source}`),
      ...load(section(all, 'loadavg'), source),
      ...quota(section(all, 'cpu.max'), section(all, 'cfs_quota_us'), section(all, 'cfs_period_us'), source),
    };
  }),
};

function cpuinfo(text: string, source: string): MutableFacts {
  const entries = keyValues(text);
  const logical = entries.filter(({ key }) => key === 'processor').length;
  if (logical === 0) return {};
  const facts: MutableFacts = { 'cpu.logical_cores': known(logical, source) };
  const values = record(text);
  const name = values['model name'] ?? values.Model;
  if (name !== undefined && name !== '') facts['cpu.name'] = known(name, source);
  const flags = values.flags ?? values.Features;
  // The line of flags is longer than most.
  const printed = flags ?? lines(text, 20_000).find((line) => /^(flags|Features)\s*:/.test(line)) ?? '';
  const features = printed.split(/[\s:]+/).filter((flag) => wanted.has(flag));
  if (printed !== '') facts['cpu.features'] = known(features, source);
  const cores = physicalCores(text);
  if (cores > 0) facts['cpu.physical_cores'] = known(cores, source);
  return facts;
}

/** Pairs of package and core; virtual machines and ARM may print neither. */
function physicalCores(text: string): number {
  const seen = new Set<string>();
  for (const block of text.split(/\n\s*\n/)) {
    const { 'physical id': socket, 'core id': core } = record(block);
    if (socket !== undefined && core !== undefined) seen.add(`${socket}/${core}`);
  }
  return seen.size;
}

function load(text: string | undefined, source: string): MutableFacts {
  const value = decimal(text?.split(' ')[0]);
  return value === undefined ? {} : { 'cpu.load_1m': known(value, source) };
}

/** `max 100000` and a quota of -1 mean no limit. */
function quota(
  v2: string | undefined,
  v1Quota: string | undefined,
  v1Period: string | undefined,
  source: string,
): MutableFacts {
  const [used, period] = v2?.split(' ') ?? [v1Quota, v1Period];
  const usedUs = integer(used);
  const periodUs = integer(period);
  if (usedUs === undefined || periodUs === undefined || periodUs === 0) return {};
  return { 'cpu.quota_cores': known(usedUs / periodUs, source) };
}
