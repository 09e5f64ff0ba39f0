/**
 * Who gets which slot. Runs once at the end of a step, for the models whose room or demand has
 * changed. Which machine a request goes to is decided in `routing/`; here is what follows from it.
 */
import { type ApiError, noRoom } from '../contract/errors.ts';
import { isArmed } from './deadlines.ts';
import { loadWithin } from './loads/load-within.ts';
import { seeToMinimum } from './loads/minimums.ts';
import { isOnItsWay, seeToLoad } from './loads/see-to-load.ts';
import { refusal } from './queue/admission.ts';
import { queueOrder, tellPosition } from './queue/positions.ts';
import { waitingIn } from './queue/queue.ts';
import { inTurn, lookAgain } from './queue/turns.ts';
import {
  modelHasNoRoom,
  modelLoadFailed,
  modelLoading,
  noMachine,
  noMachineWithin,
  queueTimeout,
} from './rejections.ts';
import { hasRoom } from './room.ts';
import { choose } from './routing/choose.ts';
import { type Circle, isKnownThere, placesIn } from './routing/circles.ts';
import { ruledOut } from './routing/decision-of.ts';
import { arrange, fleetOf } from './routing/fleet.ts';
import { reasonText } from './routing/reasons.ts';
import type { ModelQueue, ServedModel, Ticket, YardState } from './state.ts';
import { classWaitMs, giveUpHope, keepHope, offer, reject } from './tickets.ts';

/** Offers what can be offered, ends what cannot be served, and tells newcomers their position. */
export function settle(yard: YardState): void {
  for (const model of yard.unsettled) {
    const queue = yard.queues.get(model);
    if (queue !== undefined && waitingIn(queue) > 0) settleQueue(yard, queue);
    seeToMinimum(yard, model);
  }
  yard.unsettled.clear();
  for (const ticket of yard.arrivals) {
    if (ticket.state.phase !== 'queued' || !yard.tickets.has(ticket.requestId)) continue;
    // A ticket that had a place before keeps it.
    const error = ticket.lastAttempt === 0 ? (unmeetable(yard, ticket) ?? refusal(yard, ticket)) : null;
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
    // They hope anew, those in front first.
    for (const ticket of [...fleetOf(yard, queue.model).hopeful]) giveUpHope(yard, ticket);
    for (const ticket of inTurn(yard, queue)) {
      if (!hasRoom(yard, queue.model)) break;
      tryOffer(yard, ticket);
    }
    lookAgain(yard, queue);
    if (waitingIn(queue) === 0) return;
    const confined = loadWithin(yard, queue);
    if (waitingIn(queue) > confined) seeToLoad(yard, queue);
  }
}

/**
 * Offers a waiting ticket to the best machine there is for it. It may stay where it is although machines have room: none
 * may serve it, or it is better off waiting for one that is full. Others behind it may still find a place.
 */
export function tryOffer(yard: YardState, ticket: Ticket): void {
  const choice = choose(yard, ticket);
  if (choice.best !== null) offer(yard, ticket, choice, choice.best);
  else if (choice.hopesFor !== null) keepHope(yard, ticket, choice.hopesFor.served);
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
  const { model, circle } = ticket;
  const outlook = circle === null ? outlookFor(yard, model) : outlookWithin(yard, ticket, circle);
  if (outlook.kind === 'loading' && outlook.isOnItsWay && mayWaitLonger(yard, ticket)) {
    ticket.waitsForLoad = true;
    yard.deadlines.arm(ticket.wait, yard.nowMs + yard.limits.loadWaitMs - ticket.waitMs);
  } else if (outlook.kind === 'loading') reject(yard, ticket, modelLoading(yard, ticket, outlook.seen));
  else if (outlook.kind === 'absent') {
    const error = circle === null ? noMachine(yard, model, outlook.seen) : noMachineWithin(model, outlook.seen ?? '');
    reject(yard, ticket, error);
  }
  // Whoever may have it came in time, and has no room: it waits on as any other.
  else if (yard.nowMs < ticket.submittedAtMs + ticket.waitMs) {
    yard.deadlines.arm(ticket.wait, ticket.submittedAtMs + ticket.waitMs);
  } else reject(yard, ticket, queueTimeout(ticket, whoCannot(yard, ticket)));
}

/** Nobody it may go to has the model, or had it a moment ago: it is told at once. Others do have it, or nobody is refused. */
function unmeetable(yard: YardState, ticket: Ticket): ApiError | null {
  const { circle, model } = ticket;
  if (circle === null || fleetOf(yard, model).size === 0 || isKnownThere(circle, model)) return null;
  return noMachineWithin(model, whoCannot(yard, ticket));
}

/** Who could not have the ticket, and why: for its error. */
function whoCannot(yard: YardState, ticket: Ticket): string {
  const sentences = ruledOut(yard, ticket).map(({ reason, count, machines }) => {
    const more = count > machines.length ? ` and ${count - machines.length} more` : '';
    return `${machines.join(', ')}${more} ${reasonText[reason]}`;
  });
  return sentences.join('; ');
}

type Outlook =
  | { readonly kind: 'served' }
  /** It is being loaded somewhere, or could be. `seen`: why a machine does not load it yet. */
  | { readonly kind: 'loading'; readonly isOnItsWay: boolean; readonly seen: string | null }
  | { readonly kind: 'failed'; readonly error: ApiError }
  /** `seen`: why a connected machine that lists the model does not serve it. */
  | { readonly kind: 'absent'; readonly seen: string | null };

/** What a request for the model can expect. A suspect machine may yet come back. */
function outlookFor(yard: YardState, model: string): Outlook {
  arrange(yard);
  const { lanes, out } = fleetOf(yard, model);
  for (const { open, full } of lanes.values()) if (open.items.length + full.items.length > 0) return { kind: 'served' };
  for (const served of out.get('silent') ?? []) if (served.report.status === 'ready') return { kind: 'served' };
  if ((out.get('loading')?.size ?? 0) > 0) return { kind: 'loading', isOnItsWay: true, seen: null };
  const [leaving] = out.get('giving-way') ?? [];
  let coming: Outlook | null =
    leaving === undefined ? null : { kind: 'loading', isOnItsWay: false, seen: roomNeededOn(leaving) };
  for (const served of out.get('available') ?? []) {
    if (isOnItsWay(served)) return { kind: 'loading', isOnItsWay: true, seen: null };
    coming ??= { kind: 'loading', isOnItsWay: false, seen: declinedBy(served) };
  }
  if (coming !== null) return coming;
  const failed = [...(out.get('failed') ?? [])];
  // What the owner can change at once is told before what is broken.
  const crowded = failed.find(({ report }) => report.failure?.errorCode === noRoom);
  if (crowded !== undefined) {
    return { kind: 'failed', error: modelHasNoRoom(crowded.machine, model, crowded.report.failure?.message ?? '') };
  }
  const [broken] = failed;
  if (broken !== undefined) {
    return { kind: 'failed', error: modelLoadFailed(broken.machine, model, broken.report.failure) };
  }
  return { kind: 'absent', seen: whyAbsent(out) };
}

/** The same among the machines that may have the ticket. */
function outlookWithin(yard: YardState, ticket: Ticket, circle: Circle): Outlook {
  arrange(yard);
  const { open, full, silent, coming, available, leaving } = placesIn(circle, ticket.model);
  if (open.size + full.size + silent.size > 0) return { kind: 'served' };
  if (coming.size > 0) return { kind: 'loading', isOnItsWay: true, seen: null };
  const [leaves] = leaving;
  if (leaves !== undefined) return { kind: 'loading', isOnItsWay: false, seen: roomNeededOn(leaves) };
  const [there] = available;
  if (there !== undefined) return { kind: 'loading', isOnItsWay: false, seen: declinedBy(there) };
  return { kind: 'absent', seen: whoCannot(yard, ticket) };
}

/** Why connected machines that list the model do not serve it. */
function whyAbsent(out: ReturnType<typeof fleetOf>['out']): string | null {
  const seen: string[] = [];
  for (const [reason, there] of out) {
    const [first] = there;
    if (first === undefined) continue;
    const { machine, unavailable } = first;
    if (reason === 'pressed') seen.push(`${machine.name} ${reasonText.pressed}: ${machine.pressed}`);
    else if (reason === 'unavailable') seen.push(`${machine.name}: ${unavailable}`);
    else seen.push(`${machine.name} ${reasonText[reason]}`);
    if (there.size > 1) seen.push(`and so ${there.size - 1} more`);
  }
  return seen.length === 0 ? null : seen.join('; ');
}

const roomNeededOn = ({ machine }: ServedModel): string => `${machine.name} has to make room for another model first`;
const declinedBy = ({ machine, load }: ServedModel): string | null =>
  load.because === null ? null : `${machine.name}: ${load.because}`;

/** A load is worth waiting for, once, unless the client itself set a limit. */
function mayWaitLonger({ limits }: YardState, { waitsForLoad, waitMs, serviceClass }: Ticket): boolean {
  return !waitsForLoad && waitMs < limits.loadWaitMs && waitMs >= classWaitMs(limits, serviceClass);
}

function rejectAll(yard: YardState, queue: ModelQueue, error: ApiError): void {
  for (const ticket of queueOrder(queue)) reject(yard, ticket, error);
}
