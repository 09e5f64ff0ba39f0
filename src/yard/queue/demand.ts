/**
 * How many slots a key has wanted lately: for how long its requests that wait or run were none, one, two and so on, where older time
 * weighs less (`memoryMs`). Of several keys, which ask independently of each other, follows how many are enough for all of them
 * nearly always (`foreseenSlots`):
 *
 *     one request of two and a half seconds each second    2 or 3                        foreseen 3
 *     three people, one of two seconds in twenty each      seldom 1, hardly ever two     foreseen 1
 *     eight at once, of one second, twice a minute         hardly ever any               foreseen 0
 */

export interface Demand {
  /** Requests that wait or run. */
  open: number;
  /** For how long it was 0, 1, 2, ... */
  readonly levels: number[];
  /** Sums over time of what was wanted, and of 1. */
  wanted: number;
  weight: number;
  /** Up to when they are counted, ms. */
  atMs: number;
}

/** What is as old as this weighs a third, ms: long enough for a person's next request. */
const memoryMs = 20_000;
/** More than so many slots are left to nobody. */
const mostLevels = 64;
/** Nearly always, as a p95 asks. */
const enough = 0.95;

export const noDemand = (nowMs: number): Demand => ({ open: 0, levels: [], wanted: 0, weight: 0, atMs: nowMs });

/** A request came (1) or ended (-1). `slots`: nobody can want more. */
export function noteDemand(demand: Demand, more: 1 | -1, slots: number, nowMs: number): void {
  countUpTo(demand, slots, nowMs);
  demand.open += more;
}

/** Between two requests of the key demand changes at these moments only, every other second: then those who wait are looked at again. */
const lookEveryMs = 2_000;

/** When demand is looked at after this. */
export const nextLookMs = (nowMs: number): number => nowMs - (nowMs % lookEveryMs) + lookEveryMs;

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

/** Slots that are enough for all of these keys nearly always, where each has no more than its share. */
export function foreseenSlots(demands: readonly Demand[], share: number, slots: number, nowMs: number): number {
  const most = Math.ceil(share);
  let chances = [1];
  for (const demand of demands) {
    countUpTo(demand, slots, nowMs - (nowMs % lookEveryMs));
    chances = together(chances, chancesOf(demand, most), slots);
  }
  let sum = 0;
  for (let wanted = 0; wanted < chances.length; wanted += 1) {
    sum += chances[wanted]!;
    if (sum >= enough) return wanted;
  }
  return chances.length - 1;
}

/** How likely the key wants 0, 1, 2, ... slots. What began at this very moment is taken for what it is. */
function chancesOf({ levels, weight, open }: Demand, most: number): number[] {
  const chances: number[] = [];
  if (weight === 0) {
    for (let level = 0; level < Math.min(open, most); level += 1) chances.push(0);
    return [...chances, 1];
  }
  levels.forEach((time, level) => {
    const at = Math.min(level, most);
    chances[at] = (chances[at] ?? 0) + time / weight;
  });
  return chances;
}

/** How likely two that are independent want so many together; `slots` and more are one. */
function together(some: readonly number[], others: readonly number[], slots: number): number[] {
  const sums: number[] = new Array(Math.min(some.length + others.length - 1, slots + 1)).fill(0);
  some.forEach((chance, one) => {
    others.forEach((other, two) => {
      sums[Math.min(one + two, sums.length - 1)]! += chance * other;
    });
  });
  return sums;
}

function countUpTo(demand: Demand, slots: number, nowMs: number): void {
  if (nowMs <= demand.atMs) return;
  const { levels } = demand;
  const kept = Math.exp((demand.atMs - nowMs) / memoryMs);
  const open = Math.min(demand.open, slots);
  const level = Math.min(open, mostLevels);
  while (levels.length <= level) levels.push(0);
  for (let at = 0; at < levels.length; at += 1) levels[at]! *= kept;
  levels[level]! += 1 - kept;
  demand.wanted = demand.wanted * kept + open * (1 - kept);
  demand.weight = demand.weight * kept + 1 - kept;
  demand.atMs = nowMs;
}
