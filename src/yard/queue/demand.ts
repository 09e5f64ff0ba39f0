/**
 * How many slots a key has wanted lately: its requests that wait or run, as a mean over time that forgets (`memoryMs`), and how much that
 * varies. Of several keys means and variances add up, so that what all of them will want at once is foreseen (`foreseenSlots`):
 *
 *     one request of two seconds each second    2, seldom 3    foreseen 3
 *     three people, one in twenty seconds each  0.1 each       foreseen 1
 */

export interface Demand {
  /** Requests that wait or run. */
  open: number;
  /** Sums over time of what was wanted, of its square, and of 1: newer time weighs more. */
  wanted: number;
  squared: number;
  weight: number;
  /** Up to when they are counted, ms. */
  atMs: number;
}

/** What is as old as this weighs a third, ms: long enough for a person's next request. */
const memoryMs = 20_000;
/** In units of how much it varies: enough 19 times of 20, as a p95 asks. */
const margin = 1.64;

export const noDemand = (nowMs: number): Demand => ({ open: 0, wanted: 0, squared: 0, weight: 0, atMs: nowMs });

/** A request came (1) or ended (-1). `slots`: nobody can want more. One that ended may have come before anything was counted. */
export function noteDemand(demand: Demand, more: 1 | -1, slots: number, nowMs: number): void {
  countUpTo(demand, slots, nowMs);
  demand.open = Math.max(0, demand.open + more);
}

/** Between two requests of the key demand changes at these moments only, every other second: then those who wait are looked at again. */
const lookEveryMs = 2_000;
/** When demand is looked at after this. */
export const nextLookMs = (nowMs: number): number => nowMs - (nowMs % lookEveryMs) + lookEveryMs;

/** Slots wanted on the average lately, and the variance. What began at this very moment is taken for what it is. */
export function demandNow(demand: Demand, slots: number, nowMs: number): { mean: number; variance: number } {
  countUpTo(demand, slots, nowMs - (nowMs % lookEveryMs));
  const { wanted, squared, weight, open } = demand;
  if (weight === 0) return { mean: Math.min(open, slots), variance: 0 };
  const mean = wanted / weight;
  return { mean, variance: Math.max(0, squared / weight - mean ** 2) };
}

/** What is wanted at the moment counts as if it had been so for a second longer: a crowd that comes is one from its second request on. */
const presentWeight = 0.05;

/** Whether more than so many slots were wanted on the average lately. */
export function isMoreThan(most: number, demands: readonly Demand[], slots: number, nowMs: number): boolean {
  let sum = 0;
  for (const demand of demands) {
    countUpTo(demand, slots, nowMs - (nowMs % lookEveryMs));
    sum += (demand.wanted + presentWeight * Math.min(demand.open, slots)) / (demand.weight + presentWeight);
  }
  return sum > most;
}

/** Slots that are enough nearly always for keys with these sums of means and variances. */
export const foreseenSlots = (mean: number, variance: number): number =>
  Math.max(0, Math.ceil(mean + margin * Math.sqrt(variance) - 0.5));

function countUpTo(demand: Demand, slots: number, nowMs: number): void {
  if (nowMs <= demand.atMs) return;
  const kept = Math.exp((demand.atMs - nowMs) / memoryMs);
  const open = Math.min(demand.open, slots);
  demand.wanted = demand.wanted * kept + open * (1 - kept);
  demand.squared = demand.squared * kept + open ** 2 * (1 - kept);
  demand.weight = demand.weight * kept + 1 - kept;
  demand.atMs = nowMs;
}
