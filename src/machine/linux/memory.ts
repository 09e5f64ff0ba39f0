/**
 * Memory, swap, the pressure the kernel measures and the container's limit. `MemAvailable` is the
 * kernel's own estimate of what can be had without swapping; `MemFree` is not. /proc/pressure is
 * absent on kernels built without PSI.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import { mergeFacts, parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { integer, kibi, withUnit } from '../text/numbers.ts';
import { section, sections } from '../text/sections.ts';
import { type CgroupPlaces, cgroupPlaces } from './cgroup-places.ts';
import { stallShare } from './pressure.ts';

const files = ['/proc/meminfo', '/proc/pressure/memory'];

export const linuxMemory: Probe = {
  name: 'linux-memory',
  title: 'memory, swap, memory pressure, limit of the container',
  reads: [...files, '/sys/fs/cgroup/**/memory.{max,current,stat} or memory.{limit,usage}_in_bytes'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: [
    'memory.total_bytes',
    'memory.available_bytes',
    'memory.swap_total_bytes',
    'memory.swap_used_bytes',
    'memory.stall_10s',
    'memory.stall_full_10s',
    'memory.limit_bytes',
    'memory.limit_used_bytes',
  ],
  async read(io) {
    const places: CgroupPlaces = cgroupPlaces((await io.file('/proc/self/cgroup')).text);
    const limits = [
      ...places.v2.map((folder) => `${folder}/memory`),
      ...places.v1Memory.map((folder) => `${folder}/memory`),
    ];
    const names = limits.flatMap((prefix) =>
      ['max', 'current', 'stat', 'limit_in_bytes', 'usage_in_bytes'].map((name) => `${prefix}.${name}`),
    );
    return [
      await io.files('/proc/meminfo', files.slice(0, 1)),
      await io.files('/proc/pressure/memory', files.slice(1)),
      await io.files('/sys/fs/cgroup', names),
    ];
  },
  parse: parseWith(['memory.total_bytes', 'memory.available_bytes', 'memory.swap_total_bytes'], (text, source) => {
    const all = sections(text);
    return mergeFacts([
      meminfo(section(all, 'meminfo') ?? text, source),
      stalls(section(all, 'pressure/memory') ?? text, source),
      limit(text, source),
    ]);
  }),
};

function meminfo(text: string, source: string): MutableFacts {
  const values = record(text);
  const read = (name: string): number | undefined => {
    // Without its unit the line was cut.
    const printed = values[name];
    const value = printed?.endsWith(' kB') ? withUnit(printed, ' kB') : undefined;
    return value === undefined ? undefined : value * kibi;
  };
  const facts: MutableFacts = {};
  const total = read('MemTotal');
  const available = read('MemAvailable');
  const swapTotal = read('SwapTotal');
  const swapFree = read('SwapFree');
  if (total !== undefined) facts['memory.total_bytes'] = known(total, source);
  if (available !== undefined) facts['memory.available_bytes'] = known(available, source);
  if (swapTotal !== undefined) facts['memory.swap_total_bytes'] = known(swapTotal, source);
  if (swapTotal !== undefined && swapFree !== undefined && swapFree <= swapTotal) {
    facts['memory.swap_used_bytes'] = known(swapTotal - swapFree, source);
  }
  return facts;
}

function stalls(text: string, source: string): MutableFacts {
  const facts: MutableFacts = {};
  const some = stallShare(text, 'some');
  const full = stallShare(text, 'full');
  if (some !== undefined) facts['memory.stall_10s'] = known(some, source);
  if (full !== undefined) facts['memory.stall_full_10s'] = known(full, source);
  return facts;
}

/** "No limit" of cgroup v1: the highest multiple of the page size. */
const v1Unlimited = 2 ** 62;

/** The tightest limit on the way from this process's group to the root, with what is used under it. */
function limit(text: string, source: string): MutableFacts {
  const all = sections(text);
  const limits = all.flatMap(({ path, text: value }) => {
    const folder = /^(.*\/)memory\.(max|limit_in_bytes)$/.exec(path)?.[1];
    // An unlimited value of v1 is above what a number holds exactly.
    const limitBytes = integer(value);
    return folder === undefined || limitBytes === undefined || limitBytes >= v1Unlimited
      ? []
      : [{ folder, limitBytes }];
  });
  const tightest = limits.sort((a, b) => a.limitBytes - b.limitBytes)[0];
  if (tightest === undefined) return {};
  const facts: MutableFacts = { 'memory.limit_bytes': known(tightest.limitBytes, source) };
  const file = (name: string): string | undefined =>
    all.find(({ path }) => path === `${tightest.folder}memory.${name}`)?.text;
  const used = integer(file('current') ?? file('usage_in_bytes'));
  const stat = record((file('stat') ?? '').replaceAll(' ', '='), '=');
  // File pages that nobody used lately are given back when memory is short.
  const idle = integer(stat.total_inactive_file ?? stat.inactive_file) ?? 0;
  facts['memory.limit_used_bytes'] =
    used === undefined
      ? unknown('not-reported', 'the group does not tell what it uses', source)
      : known(Math.max(0, used - idle), source);
  return facts;
}
