/**
 * Who gets which slot. Runs once at the end of a step, for the models whose room or demand has
 * changed. Until measured speeds exist, the machine with the most free slots is taken, and the
 * one that has been known the longest among equals.
 */
import type { ApiError } from '../contract/errors.ts';
import { isArmed } from './deadlines.ts';
import { refusal } from './queue/admission.ts';
import { queueOrder, tellPosition } from './queue/positions.ts';
import { waitingIn } from './queue/queue.ts';
import { inTurn, lookAgain } from './queue/turns.ts';
import { modelLoadFailed, modelLoading, noMachine, queueTimeout } from './rejections.ts';
import { hasRoom, roomOf, servingNow } from './room.ts';
import { isFailing, isReliable } from './standing.ts';
import type { Machine, ModelQueue, ServedModel, Ticket, YardState } from './state.ts';
import { offer, reject } from './tickets.ts';

/** Offers what can be offered, ends what cannot be served, and tells newcomers their position. */
export function settle(yard: YardState): void {
  for (const model of yard.unsettled) {
    const queue = yard.queues.get(model);
    if (queue !== undefined && waitingIn(queue) > 0) settleQueue(yard, queue);
  }
  yard.unsettled.clear();
  for (const ticket of yard.arrivals) {
    if (ticket.state.phase !== 'queued' || !yard.tickets.has(ticket.requestId)) continue;
    // A ticket that had a place before keeps it.
    const error = ticket.lastAttempt === 0 ? refusal(yard, ticket) : null;
    if (error === null) tellPosition(yard, ticket);
    else reject(yard, ticket, error);
  }
  yard.arrivals.length = 0;
}

function settleQueue(yard: YardState, queue: ModelQueue): void {
  const outlook = outlookFor(yard, queue.model);
  if (outlook.kind === 'failed') {
    rejectAll(yard, queue, outlook.error);
  } else if (outlook.kind === 'absent') {
    if (!isArmed(queue.absence)) yard.deadlines.arm(queue.absence, yard.nowMs + yard.limits.modelAbsentMs);
  } else {
    yard.deadlines.disarm(queue.absence);
    let hasPlace = true;
    for (const ticket of inTurn(yard, queue)) {
      // What one that avoids nobody cannot have, no other such ticket can.
      const avoidsNobody = ticket.avoid.size === 0;
      if (avoidsNobody && !hasPlace) continue;
      const machine = placeFor(yard, ticket);
      if (machine !== null) offer(yard, ticket, machine);
      else if (!hasRoom(yard, queue.model)) break;
      else if (avoidsNobody) hasPlace = false;
    }
    lookAgain(yard, queue);
  }
}

/** Nobody came to serve the model in time: those who wait for it are told. */
export function absenceOverdue(yard: YardState, model: string): void {
  const queue = yard.queues.get(model);
  if (queue === undefined) throw new Error(`the absence of ${model} outlived those who suffer from it`);
  const outlook = outlookFor(yard, model);
  // Otherwise somebody came at the last moment, and `settle` sees to it.
  if (outlook.kind === 'absent') rejectAll(yard, queue, noMachine(yard, model, outlook.seen));
}

/** The ticket has waited long enough. While an offer is out, its answer decides. */
export function waitOverdue(yard: YardState, ticket: Ticket): void {
  if (ticket.state.phase !== 'queued') return;
  const { model } = ticket;
  const outlook = outlookFor(yard, model);
  if (outlook.kind === 'loading') reject(yard, ticket, modelLoading(ticket));
  else if (outlook.kind === 'absent') reject(yard, ticket, noMachine(yard, model, outlook.seen));
  else reject(yard, ticket, queueTimeout(ticket));
}

/** The machine to offer this ticket to now, or null. `except` has an offer of it already. */
export function placeFor(yard: YardState, ticket: Ticket, except?: Machine): Machine | null {
  let best: Machine | null = null;
  let bestRoom = 0;
  let bestRank = Number.POSITIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  // One pass without lists: this runs for every request, over every machine.
  for (const machine of yard.machines.values()) {
    const served = machine === except ? null : servingNow(machine, ticket.model);
    if (served === null) continue;
    const rank = reluctance(ticket, machine);
    // Whoever is only second choice helps out when the first are full; who fails is not asked for that.
    const group = Math.max(rank, Rank.secondChoice);
    if (group > lowest) continue;
    if (group < lowest) [best, bestRoom, bestRank, lowest] = [null, 0, Number.POSITIVE_INFINITY, group];
    const room = roomOf(served);
    if (room > 0 && (rank < bestRank || (rank === bestRank && room > bestRoom))) {
      [best, bestRoom, bestRank] = [machine, room, rank];
    }
  }
  return best;
}

/** How little a machine is wanted for a ticket. */
const Rank = { firstChoice: 0, secondChoice: 1, failing: 2, failedThisOne: 3 } as const;

function reluctance(ticket: Ticket, machine: Machine): number {
  if (ticket.avoid.has(machine.machineId)) return Rank.failedThisOne;
  if (isFailing(machine)) return Rank.failing;
  return isReliable(machine) ? Rank.firstChoice : Rank.secondChoice;
}

type Outlook =
  | { readonly kind: 'served' | 'loading' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  /** `seen`: why a connected machine that lists the model does not serve it. */
  | { readonly kind: 'absent'; readonly seen: string | null };

/** What a request for the model can expect. A suspect machine may yet come back. */
function outlookFor(yard: YardState, model: string): Outlook {
  let failed: ServedModel | null = null;
  let loading = false;
  let seen: string | null = null;
  for (const machine of yard.machines.values()) {
    const served = machine.status === 'lost' ? undefined : machine.models.get(model);
    if (served === undefined) continue;
    if (machine.held) seen = `${machine.name} is kept from new work`;
    else if (machine.pressed !== null) seen = `${machine.name} is short of memory: ${machine.pressed}`;
    else if (machine.draining) seen = `${machine.name} is draining`;
    else if (served.unavailable !== null) seen = `${machine.name}: ${served.unavailable}`;
    else if (served.report.status === 'ready') return { kind: 'served' };
    else if (served.report.status === 'loading') loading = true;
    else failed = served;
  }
  if (loading) return { kind: 'loading' };
  if (failed !== null) return { kind: 'failed', error: modelLoadFailed(failed.machine, model, failed.report.failure) };
  return { kind: 'absent', seen };
}

function rejectAll(yard: YardState, queue: ModelQueue, error: ApiError): void {
  for (const ticket of queueOrder(queue)) reject(yard, ticket, error);
}
