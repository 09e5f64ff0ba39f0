/** What is kept of a choice, for errors, headers, the comment in a stream and `metalyard explain`. Changes nothing. */
import type { LoadTimes } from '../../contract/link/load-times.ts';
import { isLeftToOthers } from '../queue/last-slot.ts';
import { waitedSince } from '../queue/past.ts';
import { forbiddenBy } from '../standing.ts';
import type { ServedModel, Ticket, YardState } from '../state.ts';
import { type Choice, choose, keptAlternatives, neededWindow, unsuitable } from './choose.ts';
import { outsideBecause, placesIn } from './circles.ts';
import type { Candidate, Decision, RuledOut } from './decision.ts';
import { arrange, fleetOf } from './fleet.ts';
import { loadLeftMs, loadTimeMs } from './load-time.ts';
import { type Asked, asked, explained, type Weighed } from './predict.ts';
import type { Reason } from './reasons.ts';

/** Machines that are named for a reason. */
const keptNames = 4;
/** Machines of a lane that are held against what a request may use one by one. */
const mostOutside = 64;

/** The choice as a value to keep. */
export function decisionOf(
  yard: YardState,
  ticket: Ticket,
  attempt: number,
  { asked: ask, others }: Choice,
  chosen: Weighed,
): Decision {
  const alternatives: Candidate[] = [];
  for (const other of others) {
    if (alternatives.length === keptAlternatives) break;
    if (other.served !== chosen.served) alternatives.push(explained(ask, other));
  }
  return {
    requestId: ticket.requestId,
    attempt,
    model: ticket.model,
    queuedMs: yard.nowMs - ticket.sinceMs,
    waited: waitedBy(yard, ticket),
    promptTokens: ask.promptTokens,
    chosen: explained(ask, chosen),
    alternatives,
    ruledOut: ruledOut(yard, ticket, ask),
    machines: fleetOf(yard, ticket.model).size,
  };
}

const nothing: Decision['waited'] = [];

function waitedBy(yard: YardState, ticket: Ticket): Decision['waited'] {
  const queue = yard.queues.get(ticket.model);
  if (yard.nowMs === ticket.sinceMs || ticket.circle !== null || queue === undefined) return nothing;
  return waitedSince(queue, ticket, yard.nowMs);
}

class Tally {
  readonly found: { readonly reason: Reason; count: number; readonly machines: string[] }[] = [];

  /** So many more, some of which are these. */
  note(reason: Reason, count: number, some: Iterable<ServedModel>): void {
    if (count === 0) return;
    let entry = this.found.find((other) => other.reason === reason);
    if (entry === undefined) {
      entry = { reason, count: 0, machines: [] };
      this.found.push(entry);
    }
    entry.count += count;
    for (const served of some) {
      if (entry.machines.length >= keptNames) return;
      entry.machines.push(nameOf(served, reason));
    }
  }
}

/** Of a machine that a finding keeps from it: with which. */
function nameOf(served: ServedModel, reason: Reason): string {
  const { name } = served.machine;
  return reason === 'forbidden' ? `${name} (finding ${forbiddenBy(served).join(', ')})` : name;
}

/** Who cannot have the request now, and why. */
export function ruledOut(yard: YardState, ticket: Ticket, ask: Asked = asked(yard, ticket)): readonly RuledOut[] {
  arrange(yard);
  const fleet = fleetOf(yard, ticket.model);
  const tally = new Tally();
  for (const [reason, there] of fleet.out) tally.note(reason, there.size, there);
  const { circle } = ticket;
  const window = neededWindow(fleet, ticket, ask, circle === null ? null : placesIn(circle, ticket.model));
  for (const lane of fleet.laneOrder) {
    const open = lane.open.items;
    const full = lane.full.items;
    const why = unsuitable(lane, ticket, window);
    if (why !== null) {
      tally.note(why, open.length, open);
      tally.note(why, full.length, full);
      continue;
    }
    tally.note('full', full.length, full);
    if (lane.rank > 0) tally.note(lane.rank === 1 ? 'doubtful' : 'failing', open.length, open);
    if (circle === null) continue;
    for (const served of open.slice(0, mostOutside)) {
      const reason = outsideBecause(circle.confines, served.machine);
      if (reason !== null) tally.note(reason, 1, [served]);
    }
  }
  for (const machineId of ticket.avoid) {
    const served = yard.machines.get(machineId)?.models.get(ticket.model);
    if (served !== undefined) tally.note('failed-before', 1, [served]);
  }
  return tally.found;
}

/** A load that is under way. */
export interface WaitedLoad {
  readonly name: string;
  /** Foreseen, ms: the whole of it, and what is left. */
  readonly wholeMs: number;
  readonly leftMs: number;
  /** Null: an older agent, or an engine that is not ours. */
  readonly times: LoadTimes | null;
}

/** Of a request that waits: the machine it hopes for, what it could have, and who is ruled out. */
export interface Waiting {
  readonly model: string;
  readonly waitedMs: number;
  readonly hopesFor: Candidate | null;
  /** It loads the model; otherwise it is full. */
  readonly isLoading: boolean;
  /** It waits for so long, ms, to leave a slot to a conversation that is expected back; null: it does not. */
  readonly sparesMs: number | null;
  /** Slots are free, and its key leaves them to others. */
  readonly leavesLastSlot: boolean;
  /** Machines that load the model, some of them. */
  readonly loads: readonly WaitedLoad[];
  readonly couldHave: readonly Candidate[];
  readonly ruledOut: readonly RuledOut[];
}

/** Null when the request does not wait. */
export function waitingOf(yard: YardState, requestId: string): Waiting | null {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined || ticket.state.phase !== 'queued') return null;
  const { asked: ask, hopesFor, spares, others } = choose(yard, ticket);
  return {
    model: ticket.model,
    waitedMs: yard.nowMs - ticket.sinceMs,
    hopesFor: hopesFor === null ? null : explained(ask, hopesFor),
    sparesMs: spares === null ? null : spares.untilMs - yard.nowMs,
    leavesLastSlot: isLeftToOthers(yard, requestId),
    isLoading: hopesFor?.served.report.status === 'loading',
    loads: loadsOf(yard, ticket.model),
    couldHave: others.slice(0, keptAlternatives).map((other) => explained(ask, other)),
    ruledOut: ruledOut(yard, ticket, ask),
  };
}

function loadsOf(yard: YardState, model: string): readonly WaitedLoad[] {
  const found: WaitedLoad[] = [];
  for (const served of fleetOf(yard, model).out.get('loading') ?? []) {
    if (found.length === keptNames) break;
    const { machine, report } = served;
    found.push({
      name: machine.name,
      wholeMs: loadTimeMs(report),
      leftMs: loadLeftMs(served, yard.nowMs),
      times: report.loadTimes ?? null,
    });
  }
  return found;
}
