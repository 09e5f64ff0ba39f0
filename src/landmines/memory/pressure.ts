/**
 * How hard the machine is pressed for memory right now. The governor stops and unloads by it, and the findings about memory say what
 * it does: one rule for both.
 *
 * Each operating system has its own word for it; each is read with the correction it needs. The worst
 * of the signs counts.
 */
import { knownValue } from '../../contract/machine/fact.ts';
import type { FactName, Facts, Pressure } from '../../contract/machine/facts.ts';
import type { Effect } from '../../contract/machine/finding.ts';
import { bytes, percent } from '../words.ts';
import { gpuReserve, ramReserve } from './reserves.ts';

export interface PressureSign {
  readonly level: Pressure;
  /** What was seen, with its numbers. Empty when nothing presses. */
  readonly because: string;
}

const rank: Readonly<Record<Pressure, number>> = { normal: 0, warn: 1, critical: 2 };

/** What it is told by, beside `os.family`. */
export const pressureFacts = [
  'memory.pressure',
  'memory.stall_10s',
  'memory.stall_full_10s',
  'memory.total_bytes',
  'memory.available_bytes',
  'memory.limit_bytes',
  'memory.limit_used_bytes',
  'memory.swap_total_bytes',
  'memory.swap_used_bytes',
  'memory.swapped_out_30s',
  'gpu.all',
  'display.count',
  'display.largest_pixels',
] as const satisfies readonly FactName[];

/** The worst sign among the live facts; facts that are unknown say nothing. */
export function pressureOf(facts: Facts): PressureSign {
  return withSwap(facts, pressureBesideSwap(facts));
}

/** The same without a look at swap. */
export function pressureBesideSwap(facts: Facts): PressureSign {
  const signs = [systemVerdict(facts), stalls(facts), available(facts), displays(facts)];
  return signs.reduce((worst, sign) => (rank[sign.level] > rank[worst.level] ? sign : worst));
}

/** What the governor does about it. */
export const governed = ({ level }: PressureSign): Effect | undefined =>
  level === 'normal' ? undefined : { kind: 'paused', unloads: level === 'critical' };

const calm: PressureSign = { level: 'normal', because: '' };

/** The system's own verdict (macOS `kern.memorystatus_vm_pressure_level`: 1, 2, 4). */
function systemVerdict(facts: Facts): PressureSign {
  const level = knownValue(facts['memory.pressure']) ?? 'normal';
  return level === 'normal' ? calm : { level, because: `the system reports ${level} memory pressure` };
}

/** Share of the swap in use from which macOS is about to have nowhere to go. */
const swapFull = 0.9;

/**
 * On macOS swap that grows makes a warning an emergency. Swap in use says nothing by itself: macOS makes swap files as it needs them, so the
 * total follows what is used, and what was swapped out once stays there while memory is free. Only where nobody has watched it
 * grow, a full one counts beside a warning. Elsewhere swap fills with what nobody needs.
 */
function withSwap(facts: Facts, sign: PressureSign): PressureSign {
  if (sign.level !== 'warn') return sign;
  const swap = swapSign(facts);
  return swap === null ? sign : { level: 'critical', because: `${sign.because}, and ${swap}` };
}

/** What swap says beside a warning; null: nothing. */
export function swapSign(facts: Facts): string | null {
  if (knownValue(facts['os.family']) !== 'macos') return null;
  const grown = knownValue(facts['memory.swapped_out_30s']);
  if (grown !== undefined) {
    return grown < growing(facts) ? null : `${bytes(grown)} went to swap in the last 30 s`;
  }
  const total = knownValue(facts['memory.swap_total_bytes']) ?? 0;
  const used = knownValue(facts['memory.swap_used_bytes']) ?? 0;
  return total === 0 || used <= total * swapFull ? null : `${percent(used / total)} of the swap is in use`;
}

/** An eighth of the owner's reserve in half a minute: in four minutes all of it would have gone to disk. */
const growing = (facts: Facts): number =>
  ramReserve(knownValue(facts['memory.total_bytes']) ?? Number.POSITIVE_INFINITY) / 8;

/** Linux pressure stall information: the share of the last 10 s in which work waited for memory. */
function stalls(facts: Facts): PressureSign {
  const full = knownValue(facts['memory.stall_full_10s']) ?? 0;
  const some = knownValue(facts['memory.stall_10s']) ?? 0;
  const percent = (share: number) => `${Math.round(share * 100)} % of the last 10 s`;
  if (full >= 0.1) return { level: 'critical', because: `everything waited for memory in ${percent(full)}` };
  return some >= 0.1 ? { level: 'warn', because: `work waited for memory in ${percent(some)}` } : calm;
}

/** The owner's reserve is being eaten into: half of it gone is a warning, most of it is an emergency. */
function available(facts: Facts): PressureSign {
  const total = knownValue(facts['memory.total_bytes']);
  const free = knownValue(facts['memory.available_bytes']);
  if (total === undefined || free === undefined) return calm;
  const limit = knownValue(facts['memory.limit_bytes']);
  const used = knownValue(facts['memory.limit_used_bytes']) ?? 0;
  const left = limit === undefined ? free : Math.min(free, limit - used);
  const reserve = ramReserve(limit === undefined ? total : Math.min(total, limit));
  return eaten(left, reserve, 'of memory');
}

/** A game or a browser took the display GPU's memory. */
function displays(facts: Facts): PressureSign {
  for (const gpu of knownValue(facts['gpu.all']) ?? []) {
    const free = knownValue(gpu.vram_free_bytes);
    if (free === undefined || knownValue(gpu.display_attached) !== true || knownValue(gpu.unified) === true) continue;
    const sign = eaten(free, gpuReserve(facts, gpu), `on GPU ${gpu.index}`);
    if (sign.level !== 'normal') return sign;
  }
  return calm;
}

function eaten(left: number, reserve: number, where: string): PressureSign {
  if (left >= reserve / 2) return calm;
  const mebibytes = (bytes: number) => `${Math.round(Math.max(0, bytes) / 1024 ** 2)} MiB`;
  const because = `only ${mebibytes(left)} ${where} are left of the ${mebibytes(reserve)} kept for the owner`;
  return { level: left < reserve / 5 ? 'critical' : 'warn', because };
}
