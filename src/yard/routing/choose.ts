/**
 * Which machine gets a request. Those that may not serve it are ruled out by name; of the others the cheapest by
 * `predict.ts` is taken. Looked at are the slots that hold a start of the prompt and the best of each lane, so that the
 * cost of a decision grows with the kinds of machines, not with their number. What is kept of it is in `decision-of.ts`.
 *
 * A request may also be better off waiting for a machine that is full than for one that has room: a prompt that takes
 * a good GPU two seconds takes an old laptop two minutes. Such a wait is bounded (`mostHopeMs`). Or it waits for a moment so
 * that a conversation keeps its slot (`spare.ts`).
 */

import type { Foreseen } from '../capacity.ts';
import type { Machine, ServedModel, Ticket, YardState } from '../state.ts';
import { type Places, placesIn } from './circles.ts';
import { arrange, fleetOf, type Lane, type ModelFleet, type Rank, rankOf, type Traits, traitsOf } from './fleet.ts';
import { loadLeftMs } from './load-time.ts';
import { beyond } from './overflow.ts';
import { type Asked, asked, coldCost, partsOf, type Weighed, weighCold, weighWarm } from './predict.ts';
import type { UnsuitableReason } from './reasons.ts';
import { sparesUntil } from './spare.ts';
import type { SpotHeap } from './spot-heap.ts';
import { warmFor } from './warmth.ts';

export interface Choice {
  /** The machine to offer the request to now; null: none, or one that is worth waiting for. */
  readonly best: Weighed | null;
  /** The full machine that is worth waiting for. */
  readonly hopesFor: Weighed | null;
  /** It leaves those their slots whom it would push out at the best machine there is; null: it does not. */
  readonly spares: Spares | null;
  /** Those with room that were looked at, the cheapest first. */
  readonly others: readonly Weighed[];
  readonly asked: Asked;
}

/** A request waits so that somebody's conversation keeps its slot. */
export interface Spares {
  /** Where it would go. */
  readonly winner: Weighed;
  readonly untilMs: number;
}

/** Machines looked at in each lane: the first; of a fleet that a person can oversee, all that matter to them. */
const smallFleet = 32;
const looksInSmall = 4;
/** Machines that stay in the choice, the cheapest. */
const mostKept = 8;
/** As many others are kept in a decision (`decision-of.ts`). */
export const keptAlternatives = 3;
/** Of those that may have a confined request, as many are looked at in each lane, and one by one. */
const mostConfined = 64;
/** The fastest of a lane, and how far a guess may be bettered (`predict.ts`). */
const laneSpread = Math.SQRT2;
const leastTrust = 0.8;
/**
 * A wait must be worth it by so much. Who takes a turn on the best machine delays all who go there, which its own wait does not
 * show; with a third instead, all hoped for one GPU while the laptop beside it was idle; with four times, too many still where more
 * conversations are alive than slots.
 */
const hopeMargin = 10;
const hopeMarginMs = 250;
/** A request waits no longer than this by choice, ms, nor for more than half of what it may wait at all. */
const mostHopeMs = 30_000;
export const hopeEndsMs = ({ sinceMs, waitMs }: Ticket): number => sinceMs + Math.min(mostHopeMs, waitMs / 2);
/** Predictions that differ by less are the same, a share and ms. */
const evenShare = 0.02;
const evenMs = 5;
export const evenCost = (cost: number): number => cost * (1 + evenShare) + evenMs;
/** Of the estimate: a prompt that is so much smaller than it looked still fits. */
const estimateSlack = 0.8;

/** What is looked for. */
interface Search {
  readonly yard: YardState;
  readonly ticket: Ticket;
  readonly fleet: ModelFleet;
  readonly ask: Asked;
  /** What a window must hold. */
  readonly window: number;
  /** Has an offer of it already. */
  readonly except: Machine | undefined;
  /** Where it may go, when it may not go everywhere. */
  readonly places: Places | null;
  /** Whether there is anybody who may not have it, beside those whose lane is unsuitable. */
  readonly picky: boolean;
}

/** `except` has an offer of it already. */
export function choose(yard: YardState, ticket: Ticket, except?: Machine): Choice {
  arrange(yard);
  const fleet = fleetOf(yard, ticket.model);
  const ask = asked(yard, ticket);
  const { circle } = ticket;
  const places = circle === null ? null : placesIn(circle, ticket.model);
  if (fleet.free === 0 || places?.open.size === 0) return only(null, ask);
  const window = neededWindow(fleet, ticket, ask, places);
  const picky = ticket.avoid.size > 0 || except !== undefined || places !== null;
  const search: Search = { yard, ticket, fleet, ask, window, except, places, picky };

  const rank = bestRank(search);
  if (rank === null) return only(lastOnes(search), ask);
  const weighed: Weighed[] = [];
  lookAmong(search, rank, weighed);
  // Whoever is only second choice helps out when the first are full.
  if (weighed.length === 0 && rank === 0) lookAmong(search, 1, weighed);
  if (weighed.length === 0) return only(null, ask);
  const winner = bestOf(weighed);
  const hopesFor = yard.nowMs < hopeEndsMs(ticket) ? worthWaiting(search, winner) : null;
  const sparesUntilMs = hopesFor === null ? sparesUntil(yard, ticket, winner) : null;
  const spares = sparesUntilMs === null ? null : { winner, untilMs: sparesUntilMs };
  const best = hopesFor === null && spares === null ? winner : null;
  return { best, hopesFor, spares, others: weighed, asked: ask };
}

/** It has no choice. */
const only = (best: Weighed | null, ask: Asked): Choice => ({
  best,
  hopesFor: null,
  spares: null,
  others: [],
  asked: ask,
});

/** The first choice among those who may have it, with room or without; null when nobody may. */
function bestRank(search: Search): Rank | null {
  const { fleet, places } = search;
  let best: Rank | null = null;
  if (places !== null) {
    for (const [lane, there] of places.lanes) {
      if ((best !== null && lane.rank >= best) || !isSuitable(search, lane)) continue;
      if (mayAny(search, there)) best = lane.rank;
    }
    for (const served of few(places.full)) {
      const { lane } = served.spot;
      if (lane === null || (best !== null && lane.rank >= best) || !isSuitable(search, lane)) continue;
      if (may(search, served)) best = lane.rank;
    }
    return best;
  }
  for (const lane of fleet.laneOrder) {
    if ((best !== null && lane.rank >= best) || !isSuitable(search, lane)) continue;
    if (search.picky && first(lane.open, search) === null && first(lane.full, search) === null) continue;
    best = lane.rank;
    if (best === 0) break;
  }
  return best;
}

/** Adds the cheapest of one rank that have room. */
function lookAmong(search: Search, rank: Rank, weighed: Weighed[]): void {
  const { fleet, ask, places } = search;
  const looks = fleet.size <= smallFleet ? looksInSmall : 1;
  if (places !== null) {
    for (const [lane, there] of places.lanes) {
      if (lane.rank !== rank || !isSuitable(search, lane)) continue;
      // Of many the first of the lane are the best; where none of them is among these, some of them will do.
      if (there.size > mostConfined && lookAt(lane.open, search, weighed, looks)) continue;
      for (const served of few(there)) if (may(search, served)) keepCold(weighed, ask, served);
    }
  } else {
    for (const lane of fleet.laneOrder) {
      // Those behind it are slower still.
      if (weighed.length > keptAlternatives && isHopeless(lane, ask, weighed)) break;
      if (lane.rank === rank && isSuitable(search, lane)) lookAt(lane.open, search, weighed, looks);
    }
  }
  if (weighed.length > 0) addWarm(search, rank, weighed);
}

function mayAny(search: Search, there: ReadonlySet<ServedModel>): boolean {
  for (const served of there) if (may(search, served)) return true;
  return false;
}

/** The first of a set, in the order in which they came there. */
function* few(there: ReadonlySet<ServedModel>): Generator<ServedModel, void> {
  let left = mostConfined;
  for (const served of there) {
    if (left === 0) return;
    left -= 1;
    yield served;
  }
}

/** What is expected of a ticket that is offered to the one that was chosen, now. */
export function foresee({ asked: ask }: Choice, chosen: Weighed): Foreseen {
  const { served, memory } = chosen;
  const { answerMs, startMs, readMs, writeMs } = partsOf(ask, chosen);
  const firstAtMs = ask.nowMs + answerMs + startMs + readMs;
  const takes = memory ?? served.spot.pushedOut;
  return { sinceMs: ask.nowMs, firstAtMs, endAtMs: firstAtMs + writeMs, memory: takes };
}

const orderOf = ({ served }: Weighed): number => served.machine.order;

/** Whether reading the prompt alone takes longer there than what is kept of those that were looked at. */
function isHopeless(lane: Lane, ask: Asked, weighed: readonly Weighed[]): boolean {
  const leastMs = (ask.promptTokens / (lane.readPerS * laneSpread)) * 1_000 * leastTrust;
  return leastMs > weighed[keptAlternatives]!.cost;
}

/** Keeps the cheapest few, in their order. */
function keep(weighed: Weighed[], candidate: Weighed): void {
  let at = weighed.length;
  if (at === mostKept && candidate.cost >= weighed[at - 1]!.cost) return;
  for (; at > 0 && weighed[at - 1]!.cost > candidate.cost; at -= 1) weighed[at] = weighed[at - 1]!;
  weighed[at] = candidate;
  if (weighed.length > mostKept) weighed.pop();
}

/** The same of a machine as a cold one. Most are dearer than those that are kept: nothing is made of these. */
function keepCold(weighed: Weighed[], ask: Asked, served: ServedModel): void {
  if (weighed.length === mostKept && coldCost(ask, served) >= weighed[mostKept - 1]!.cost) return;
  keep(weighed, weighCold(ask, served, 0));
}

/** Of those that hardly differ the one with most room is taken, then the one known longest. */
function bestOf(weighed: readonly Weighed[]): Weighed {
  let best = weighed[0]!;
  const most = evenCost(best.cost);
  for (const other of weighed) {
    if (other.cost > most) break;
    const room = other.served.spot.room - best.served.spot.room;
    if (room > 0 || (room === 0 && orderOf(other) < orderOf(best))) best = other;
  }
  return best;
}

/** The first few of a lane: those behind them are like them, and busier. Whether there was any. */
function lookAt({ items }: SpotHeap, search: Search, weighed: Weighed[], looks: number): boolean {
  const { ask, picky } = search;
  const end = reach(items, search);
  let left = looks;
  for (let at = 0; at < end && left > 0; at += 1) {
    if (picky && !may(search, items[at]!)) continue;
    keepCold(weighed, ask, items[at]!);
    left -= 1;
  }
  return left < looks;
}

function addWarm(search: Search, rank: Rank, weighed: Weighed[]): void {
  const { yard, ticket, ask, picky } = search;
  if (ticket.prefix === null) return;
  for (const { memory, share } of warmFor(yard, ticket.prefix)) {
    const { served } = memory;
    const { lane, room } = served.spot;
    if (lane === null || lane.rank !== rank || room === 0 || (picky && !may(search, served))) continue;
    if (!isSuitable(search, lane)) continue;
    const warm = weighWarm(ask, ticket, memory, share, 0);
    const known = indexOf(weighed, served);
    if (known >= 0) {
      if (warm.cost >= weighed[known]!.cost) continue;
      weighed.splice(known, 1);
    }
    keep(weighed, warm);
  }
}

function indexOf(weighed: readonly Weighed[], served: ServedModel): number {
  for (let at = 0; at < weighed.length; at += 1) if (weighed[at]!.served === served) return at;
  return -1;
}

/** A machine that is full, or loads the model, and would have the first token sooner than the best one with room in spite of the wait. */
function worthWaiting(search: Search, winner: Weighed): Weighed | null {
  const { fleet, places } = search;
  let hoped: Weighed | null = null;
  const consider = (served: ServedModel): void => {
    const weighed = weighLater(search, served);
    if (weighed.cost * hopeMargin + hopeMarginMs < (hoped?.cost ?? winner.cost)) hoped = weighed;
  };
  const coming = places === null ? fleet.out.get('loading') : places.coming;
  if (coming !== undefined) {
    for (const served of few(coming)) {
      const { report, machine } = served;
      if (report.status !== 'loading' || rankOf(machine) !== 0 || !isSuitable(search, traitsOf(report))) continue;
      if (may(search, served)) consider(served);
    }
  }
  if (places !== null) {
    for (const served of few(places.full)) {
      const { lane } = served.spot;
      if (lane?.rank === 0 && isSuitable(search, lane) && may(search, served)) consider(served);
    }
    return hoped;
  }
  for (const lane of fleet.laneOrder) {
    if (lane.rank !== 0 || lane.full.items.length === 0 || !isSuitable(search, lane)) continue;
    const served = first(lane.full, search);
    if (served !== null) consider(served);
  }
  return hoped;
}

/** With its wait: until a slot is free or the model is loaded, and the turns of those who wait for it already. */
function weighLater({ ticket, ask }: Search, served: ServedModel): Weighed {
  const { spot, hopes, slots, turnMs, report } = served;
  const ahead = ticket.hopesFor === served ? ticket.hopesAhead : hopes;
  const isLoading = report.status === 'loading';
  const untilMs = isLoading ? loadLeftMs(served, ask.nowMs) : Math.max(0, spot.freeAtMs - ask.nowMs);
  // Once it is loaded all its slots are free at once.
  const turns = isLoading ? Math.floor(ahead / Math.max(1, slots)) * Math.max(1, slots) : ahead;
  return weighCold(ask, served, untilMs + (turns * turnMs.value) / Math.max(1, slots));
}

/** When all that are left have failed at it: those too, rather than nobody. */
function lastOnes(search: Search): Weighed | null {
  const weighed: Weighed[] = [];
  const { fleet, places, ask, except } = search;
  const consider = (served: ServedModel): void => {
    const { lane } = served.spot;
    if (lane === null || !isSuitable(search, lane) || served.machine === except) return;
    keep(weighed, weighCold(ask, served, 0));
  };
  if (places !== null) for (const there of places.lanes.values()) for (const served of few(there)) consider(served);
  else for (const { open } of fleet.laneOrder) for (const served of open.items.slice(0, 2)) consider(served);
  return weighed.length === 0 ? null : bestOf(weighed);
}

function first({ items }: SpotHeap, search: Search): ServedModel | null {
  if (!search.picky) return items[0] ?? null;
  const end = reach(items, search);
  for (let at = 0; at < end; at += 1) if (may(search, items[at]!)) return items[at]!;
  return null;
}

/** How far a heap is searched: to its end, as few are ever passed over, but where most may be. */
function reach(items: readonly ServedModel[], { places }: Search): number {
  return places === null ? items.length : Math.min(items.length, mostConfined);
}

/** Whether this very machine may have the request; its lane is another question. */
function may({ ticket, except, places }: Search, { machine }: ServedModel): boolean {
  if (machine === except || ticket.avoid.has(machine.machineId)) return false;
  return places === null || ticket.circle?.machines.has(machine) === true;
}

const isSuitable = ({ ticket, window }: Search, traits: Traits): boolean => unsuitable(traits, ticket, window) === null;

/**
 * A window that holds the prompt as estimated; the largest there is when none does: the machine counts exactly. More than one
 * that was too small.
 */
export function neededWindow(
  { laneOrder }: ModelFleet,
  { tooLong }: Ticket,
  { promptTokens }: Asked,
  places: Places | null,
): number {
  let largest = 0;
  if (places === null) for (const { window } of laneOrder) largest = Math.max(largest, window);
  else {
    for (const { window } of places.lanes.keys()) largest = Math.max(largest, window);
    for (const { report } of few(places.full)) largest = Math.max(largest, report.window);
  }
  const estimated = Math.min(largest, promptTokens * estimateSlack);
  return tooLong === null ? estimated : Math.max(estimated, beyond(tooLong));
}

/** Whether somebody who serves the model, or is about to, has a window that may hold what has not fitted so far. */
export function mayFitElsewhere(yard: YardState, ticket: Ticket): boolean {
  const { circle, model, tooLong } = ticket;
  if (tooLong === null) return true;
  arrange(yard);
  const fits = (traits: Traits): boolean => unsuitable(traits, ticket, beyond(tooLong)) === null;
  const fitsOn = ({ report }: ServedModel): boolean => fits(traitsOf(report));
  if (circle !== null) {
    const { open, full, silent, coming } = placesIn(circle, model);
    return [...open, ...full, ...silent, ...coming].some(fitsOn);
  }
  const { laneOrder, out } = fleetOf(yard, model);
  return laneOrder.some(fits) || [...(out.get('silent') ?? []), ...(out.get('loading') ?? [])].some(fitsOn);
}

export function unsuitable(traits: Traits, { needs }: Ticket, window: number): UnsuitableReason | null {
  if (traits.window < window) return 'window';
  if (needs.vision && !traits.vision) return 'no-vision';
  if (needs.tools && !traits.tools) return 'no-tools';
  if (needs.schemas && !traits.schemas) return 'no-schemas';
  return null;
}
