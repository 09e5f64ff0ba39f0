/**
 * macOS while it works: `vm_stat` with an interval, and `pmset -g pslog`, which prints when the power source
 * changes and sleeps otherwise. Both write line by line into a pipe. `sysctl` cannot be told to go on: it is
 * started for each reading, for a few milliseconds.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { macosPower } from '../macos/power.ts';
import { pageSize } from '../macos/vm-stat.ts';
import type { MutableFacts } from '../probe.ts';
import { integer } from '../text/numbers.ts';
import { lineTool } from './line-tool.ts';
import type { LiveTool } from './live-tool.ts';
import { type SwapSample, swappedOut, watched } from './swap-growth.ts';

const vmStatSeconds = 5;

/** Memory every few seconds. Its first row counts events since the start of the system, later ones since the row before. */
export function vmStatLive(env: NodeJS.ProcessEnv): LiveTool {
  const source = `vm_stat ${vmStatSeconds}`;
  let pageBytes: number | undefined;
  let columns: readonly string[] = [];
  let swapouts: number | undefined;
  let samples: readonly SwapSample[] = [];
  let facts: Facts = {};
  const tool = lineTool({
    command: 'vm_stat',
    args: [String(vmStatSeconds)],
    env,
    onLine(line) {
      const page = pageSize(line);
      if (page !== undefined) {
        pageBytes = page;
        return;
      }
      const cells = line.trim().split(/\s+/);
      if (cells[0] === 'free') {
        columns = cells;
        return;
      }
      if (pageBytes === undefined || cells.length !== columns.length) return;
      const pages = (name: string): number | undefined => count(cells[columns.indexOf(name)]);
      const told: MutableFacts = {};
      const parts = [pages('free'), pages('specul'), pages('prgable'), pages('inactive'), pages('file-backed')];
      if (parts.every((part) => part !== undefined)) {
        const [free, speculative, purgeable, inactive, fileBacked] = parts as [number, number, number, number, number];
        const available = free + speculative + purgeable + Math.min(inactive, fileBacked);
        told['memory.available_bytes'] = known(available * pageBytes, source);
      }
      const compressor = pages('cmprssor');
      if (compressor !== undefined) told['memory.compressor_bytes'] = known(compressor * pageBytes, source);
      const more = pages('swapouts');
      if (more !== undefined) {
        swapouts = (swapouts ?? 0) + more;
        told['memory.swapouts'] = known(swapouts, source);
        samples = watched(samples, { atS: (samples.at(-1)?.atS ?? 0) + vmStatSeconds, pages: swapouts });
        const grown = swappedOut(samples);
        if (grown !== null) told['memory.swapped_out_30s'] = known(grown * pageBytes, source);
      }
      facts = told;
    },
    onEnded(why) {
      swapouts = undefined;
      samples = [];
      columns = [];
      facts = { 'memory.available_bytes': unknown('failed', why, source) };
    },
  });
  return {
    tool,
    waits: false,
    get facts() {
      return facts;
    },
  };
}

/** Counters that have grown too wide are printed in thousands: `19361M`, `1246K`. */
function count(cell: string | undefined): number | undefined {
  const match = /^(\d{1,15})([KMG]?)$/.exec(cell ?? '');
  if (match === null) return undefined;
  return Number(match[1]) * { '': 1, K: 1e3, M: 1e6, G: 1e9 }[match[2] as '' | 'K' | 'M' | 'G'];
}

/** Mains or battery, as soon as it changes. */
export function powerLive(env: NodeJS.ProcessEnv): LiveTool {
  const source = 'pmset -g pslog';
  let facts: MutableFacts = {};
  const tool = lineTool({
    command: 'pmset',
    args: ['-g', 'pslog'],
    env,
    onLine(line) {
      const told = macosPower.parse([{ source, text: `${line}\n` }]);
      if (told['power.source'] !== undefined) facts['power.source'] = told['power.source'];
      const level = integer(/^\s*-InternalBattery-\d+\s[^\n]*?\t?(\d{1,3})%;/.exec(line)?.[1]);
      if (level !== undefined && level <= 100) facts['power.battery_level'] = known(level / 100, source);
    },
    onEnded(why) {
      facts = { 'power.source': unknown('failed', why, source) };
    },
  });
  return {
    tool,
    waits: true,
    get facts() {
      return facts;
    },
  };
}
