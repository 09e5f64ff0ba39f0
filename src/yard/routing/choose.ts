/**
 * Which machine gets a request. Those that may not serve it are ruled out by name; of the others the cheapest by
 * `predict.ts` is taken. Looked at are the slots that hold a start of the prompt and the best of each lane, so that the
 * cost of a decision grows with the kinds of machines, not with their number.
 *
 * A request may also be better off waiting for a machine that is full than with one that has room: a prompt that takes
 * a good GPU two seconds takes an old laptop two minutes. Such a wait is bounded (`mostHopeMs`).
 */
import type { Machine, ServedModel, Ticket, YardState } from '../state.ts';
import type { Candidate, Decision, RuledOut } from './decision.ts';
import { arrange, fleetOf, type Lane, type ModelFleet, type Rank } from './fleet.ts';
import { type Asked, asked, explained, type Weighed, weighCold, weighWarm } from './predict.ts';
import type { Reason, UnsuitableReason } from './reasons.ts';
import type { SpotHeap } from './spot-heap.ts';
import { warmFor } from './warmth.ts';

export interface Choice {
  /** The machine to offer the request to now; null: none, or one that is worth waiting for. */
  readonly best: Weighed | null;
  /** The full machine that is worth waiting for. */
  readonly hopesFor: Weighed | null;
  readonly others: readonly Weighed[];
  readonly asked: Asked;
}

/** Machines looked at in each lane: the first; of a fleet that a person can oversee, all that matter to them. */
const smallFleet = 32;
const looksInSmall = 4;
/** Machines that stay in the choice, the cheapest; and alternatives that are kept in a decision. */
const mostKept = 8;
/** The fastest of a lane, and how far a guess may be bettered (`predict.ts`). */
const laneSpread = Math.SQRT2;
const leastTrust = 0.8;
const keptAlternatives = 3;
/** Machines that are named for a reason. */
const keptNames = 4;
/** A wait must be worth it by so much: predictions are no promises. */
const hopeMargin = 1.3;
const hopeMarginMs = 250;
/** A request waits no longer than this by choice, ms, nor for more than half of what it may wait at all. */
const mostHopeMs = 30_000;
export const hopeEndsMs = ({ sinceMs, waitMs }: Ticket): number => sinceMs + Math.min(mostHopeMs, waitMs / 2);
/** Predictions that differ by less are the same, a share and ms. */
const evenShare = 0.02;
const evenMs = 5;
/** Of the estimate: a prompt that is so much smaller than it looked still fits. */
const estimateSlack = 0.8;

/** `except` has an offer of it already. */
export function choose(yard: YardState, ticket: Ticket, except?: Machine): Choice {
  arrange(yard);
  const fleet = fleetOf(yard, ticket.model);
  const ask = asked(yard, ticket);
  if (fleet.free === 0) return { best: null, hopesFor: null, others: [], asked: ask };
  const window = neededWindow(fleet, ask);
  const picky = ticket.avoid.size > 0 || except !== undefined || ticket.wishes !== null;
  const may = (served: ServedModel): boolean =>
    !picky ||
    (served.machine !== except && !ticket.avoid.has(served.machine.machineId) && wishedFor(ticket, served) === null);

  const lanes: Lane[] = [];
  let best: Rank | 3 = 3;
  for (const lane of fleet.laneOrder) {
    if (laneUnsuitable(lane, ticket, window) !== null) continue;
    lanes.push(lane);
    if (lane.rank < best && (first(lane.open, may) !== null || first(lane.full, may) !== null)) best = lane.rank;
  }
  if (best === 3) return { best: lastOnes(lanes, ticket, except, ask), hopesFor: null, others: [], asked: ask };

  const looks = fleet.size <= smallFleet ? looksInSmall : 1;
  const weighed: Weighed[] = [];
  const ranks: readonly Rank[] = best === 2 ? [2] : [0, 1];
  for (const rank of ranks) {
    for (const lane of lanes) {
      // Those behind it are slower still.
      if (weighed.length > keptAlternatives && isHopeless(lane, ask, weighed)) break;
      if (lane.rank === rank) lookAt(lane.open, may, ask, weighed, looks);
    }
    // Whoever is only second choice helps out when the first are full.
    if (weighed.length > 0) {
      addWarm(yard, ticket, ask, rank, window, may, weighed);
      break;
    }
  }
  if (weighed.length === 0) return { best: null, hopesFor: null, others: [], asked: ask };
  const winner = bestOf(weighed);
  const hopesFor = yard.nowMs < hopeEndsMs(ticket) ? worthWaiting(lanes, ticket, may, ask, winner) : null;
  return { best: hopesFor === null ? winner : null, hopesFor, others: weighed, asked: ask };
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

/** Of those that hardly differ the one with most room is taken, then the one known longest. */
function bestOf(weighed: readonly Weighed[]): Weighed {
  let best = weighed[0]!;
  const most = best.cost * (1 + evenShare) + evenMs;
  for (const other of weighed) {
    if (other.cost > most) break;
    const room = other.served.spot.room - best.served.spot.room;
    if (room > 0 || (room === 0 && orderOf(other) < orderOf(best))) best = other;
  }
  return best;
}

/** The first few of a lane: those behind them are like them, and busier. */
function lookAt(
  heap: SpotHeap,
  may: (served: ServedModel) => boolean,
  ask: Asked,
  weighed: Weighed[],
  looks: number,
): void {
  const { items } = heap;
  for (let at = 0; at < items.length && looks > 0; at += 1) {
    if (!may(items[at]!)) continue;
    keep(weighed, weighCold(ask, items[at]!, 0));
    looks -= 1;
  }
}

function addWarm(
  yard: YardState,
  ticket: Ticket,
  ask: Asked,
  rank: Rank,
  window: number,
  may: (served: ServedModel) => boolean,
  weighed: Weighed[],
): void {
  if (ticket.prefix === null) return;
  for (const { memory, share } of warmFor(yard, ticket.prefix)) {
    const { spot } = memory.served;
    const { lane } = spot;
    if (lane === null || lane.rank !== rank || spot.room === 0 || !may(memory.served)) continue;
    if (laneUnsuitable(lane, ticket, window) !== null) continue;
    const warm = weighWarm(ask, ticket, memory, share, 0);
    const known = weighed.findIndex(({ served }) => served === memory.served);
    if (known >= 0) {
      if (warm.cost >= weighed[known]!.cost) continue;
      weighed.splice(known, 1);
    }
    keep(weighed, warm);
  }
}

/** A full machine that would have the first token sooner than the best one with room, in spite of the wait. */
function worthWaiting(
  lanes: readonly Lane[],
  ticket: Ticket,
  may: (served: ServedModel) => boolean,
  ask: Asked,
  winner: Weighed,
): Weighed | null {
  let hoped: Weighed | null = null;
  for (const lane of lanes) {
    if (lane.rank !== 0) continue;
    const served = first(lane.full, may);
    if (served === null) continue;
    const ahead = ticket.hopesFor === served ? ticket.hopesAhead : served.hopes;
    const turnMs = served.turnMs.value / Math.max(1, served.slots);
    const waitMs = Math.max(0, served.spot.freeAtMs - ask.nowMs) + ahead * turnMs;
    const weighed = weighCold(ask, served, waitMs);
    if (weighed.cost * hopeMargin + hopeMarginMs < (hoped?.cost ?? winner.cost)) hoped = weighed;
  }
  return hoped;
}

/** When all that are left have failed at it: those too, rather than nobody. */
function lastOnes(lanes: readonly Lane[], ticket: Ticket, except: Machine | undefined, ask: Asked): Weighed | null {
  const weighed: Weighed[] = [];
  const may = (served: ServedModel) => served.machine !== except && wishedFor(ticket, served) === null;
  for (const lane of lanes) lookAt(lane.open, may, ask, weighed, 1);
  return weighed.length === 0 ? null : bestOf(weighed);
}

function first(heap: SpotHeap, may: (served: ServedModel) => boolean): ServedModel | null {
  const { items } = heap;
  for (let at = 0; at < items.length; at += 1) if (may(items[at]!)) return items[at]!;
  return null;
}

/** A window that holds the prompt as estimated; the largest there is when none does: the machine counts exactly. */
function neededWindow({ lanes }: ModelFleet, { promptTokens }: Asked): number {
  let largest = 0;
  for (const { window, open, full } of lanes.values()) {
    if (open.items.length + full.items.length > 0) largest = Math.max(largest, window);
  }
  return Math.min(largest, promptTokens * estimateSlack);
}

function laneUnsuitable(lane: Lane, { needs }: Ticket, window: number): UnsuitableReason | null {
  if (lane.window < window) return 'window';
  if (needs.tools && !lane.tools) return 'no-tools';
  if (needs.schemas && !lane.schemas) return 'no-schemas';
  return null;
}

function wishedFor({ wishes }: Ticket, { machine }: ServedModel): UnsuitableReason | null {
  if (wishes === null) return null;
  const { machines, labels } = wishes;
  if (machines !== null && !machines.includes(machine.machineId) && !machines.includes(machine.name)) {
    return 'other-machine';
  }
  return labels.every((label) => machine.labels.includes(label)) ? null : 'label';
}

/** Whether any connected machine could serve it if it had room. */
export function couldBeServed(yard: YardState, ticket: Ticket): boolean {
  if (ticket.wishes === null) return true;
  arrange(yard);
  const { lanes, out } = fleetOf(yard, ticket.model);
  const fits = (served: ServedModel) => wishedFor(ticket, served) === null;
  for (const { open, full } of lanes.values()) if (open.items.some(fits) || full.items.some(fits)) return true;
  for (const [reason, there] of out)
    if (reason === 'silent' || reason === 'loading') for (const each of there) if (fits(each)) return true;
  return false;
}

/** The choice as a value to keep. */
export function decisionOf(
  yard: YardState,
  ticket: Ticket,
  attempt: number,
  { asked: ask, others }: Choice,
  chosen: Weighed,
): Decision {
  const alternatives = others.filter(({ served }) => served !== chosen.served).slice(0, keptAlternatives);
  return {
    requestId: ticket.requestId,
    attempt,
    model: ticket.model,
    queuedMs: yard.nowMs - ticket.sinceMs,
    promptTokens: ask.promptTokens,
    chosen: explained(ask, chosen),
    alternatives: alternatives.map((other) => explained(ask, other)),
    ruledOut: ruledOut(yard, ticket, ask),
    machines: fleetOf(yard, ticket.model).size,
  };
}

/** Who cannot have the request now, and why. */
export function ruledOut(yard: YardState, ticket: Ticket, ask: Asked = asked(yard, ticket)): RuledOut[] {
  arrange(yard);
  const fleet = fleetOf(yard, ticket.model);
  const found = new Map<Reason, { count: number; machines: string[] }>();
  const note = (reason: Reason, count: number, some: Iterable<ServedModel>): void => {
    if (count === 0) return;
    const entry = found.get(reason) ?? { count: 0, machines: [] };
    found.set(reason, entry);
    entry.count += count;
    for (const { machine } of some) {
      if (entry.machines.length >= keptNames) return;
      entry.machines.push(machine.name);
    }
  };
  for (const [reason, there] of fleet.out) note(reason, there.size, there);
  const window = neededWindow(fleet, ask);
  for (const lane of fleet.lanes.values()) {
    const { open, full } = lane;
    const unsuitable = laneUnsuitable(lane, ticket, window);
    if (unsuitable !== null) {
      note(unsuitable, open.items.length + full.items.length, [
        ...open.items.slice(0, keptNames),
        ...full.items.slice(0, keptNames),
      ]);
      continue;
    }
    note('full', full.items.length, full.items);
    if (lane.rank > 0) note(lane.rank === 1 ? 'doubtful' : 'failing', open.items.length, open.items);
    if (ticket.wishes === null) continue;
    for (const served of open.items.slice(0, mostWished)) {
      const reason = wishedFor(ticket, served);
      if (reason !== null) note(reason, 1, [served]);
    }
  }
  for (const machineId of ticket.avoid) {
    const served = yard.machines.get(machineId)?.models.get(ticket.model);
    if (served !== undefined) note('failed-before', 1, [served]);
  }
  return Array.from(found, ([reason, entry]) => ({ reason, ...entry }));
}

/** Of a request that waits: the machine it hopes for, what it could have, and who is ruled out. */
export interface Waiting {
  readonly model: string;
  readonly waitedMs: number;
  readonly hopesFor: Candidate | null;
  readonly couldHave: readonly Candidate[];
  readonly ruledOut: readonly RuledOut[];
}

/** Null when the request does not wait. Changes nothing. */
export function waitingOf(yard: YardState, requestId: string): Waiting | null {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined || ticket.state.phase !== 'queued') return null;
  const { asked: ask, hopesFor, others } = choose(yard, ticket);
  return {
    model: ticket.model,
    waitedMs: yard.nowMs - ticket.sinceMs,
    hopesFor: hopesFor === null ? null : explained(ask, hopesFor),
    couldHave: others.slice(0, keptAlternatives).map((other) => explained(ask, other)),
    ruledOut: ruledOut(yard, ticket, ask),
  };
}

/** Machines of a lane that are held against wishes one by one, for the record. */
const mostWished = 64;
