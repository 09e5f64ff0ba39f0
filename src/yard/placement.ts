/**
 * Who gets which slot. Runs once at the end of a step, for the models whose room or demand has
 * changed. Which machine a request goes to is decided in `routing/`; here is what follows from it.
 */
import type { ApiError } from '../contract/errors.ts';
import { isArmed } from './deadlines.ts';
import { loadWithin } from './loads/load-within.ts';
import { seeToMinimum } from './loads/minimums.ts';
import { seeToLoad } from './loads/see-to-load.ts';
import { absence, loadingOn, type Outlook, outlookFor, outlookOf, outlookWithin, whoCannot } from './outlook.ts';
import { refusal } from './queue/admission.ts';
import { keysThatLeaveIt, lookAgainAtLastSlot } from './queue/last-slot.ts';
import { noteWait } from './queue/past.ts';
import { queueOrder, tellPosition } from './queue/positions.ts';
import { waitingIn } from './queue/queue.ts';
import { inTurn, lookAgain, type Outcome } from './queue/turns.ts';
import { contextOverflow, loadsTooLate, modelLoading, queueTimeout } from './rejections.ts';
import { hasRoom, roomFor } from './room.ts';
import { beginPass, endPass } from './routing/changes.ts';
import { choose, mayFitElsewhere } from './routing/choose.ts';
import { type Circle, isKnownThere } from './routing/circles.ts';
import { fleetOf, type ModelFleet } from './routing/fleet.ts';
import { keepSparing, stillSpares } from './routing/still-spares.ts';
import { warmerThan } from './routing/warmer.ts';
import type { ModelQueue, Ticket, YardDeadline, YardState } from './state.ts';
import { classWaitMs, giveUpHope, keepHope, offer, reject } from './tickets.ts';

/** So many are all asked anew with every step. Of more those who wait by choice are, where something has changed for them. */
const fewWaiting = 32;

/** Offers what can be offered, ends what cannot be served, and tells newcomers their position. */
export function settle(yard: YardState): void {
  // As after nearly every heartbeat.
  if (yard.unsettled.size === 0 && yard.arrivals.length === 0) return;
  settleQueues(yard);
  welcome(yard);
  // Who is refused may have stood before others.
  if (yard.unsettled.size > 0) settleQueues(yard);
}

function settleQueues(yard: YardState): void {
  // What is to stay loaded goes first: a machine that loads what a request asks for has no room for it for minutes.
  for (const model of yard.unsettled) seeToMinimum(yard, model);
  for (const model of yard.unsettled) {
    const queue = yard.queues.get(model);
    if (queue !== undefined && waitingIn(queue) > 0) settleQueue(yard, queue);
  }
  yard.unsettled.clear();
}

function welcome(yard: YardState): void {
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
  for (const [circle, { absence }] of queue.confined) {
    see(yard, queue, circle, absence, outlookWithin(yard, circle, queue.model));
  }
  if (waitingIn(queue) > 0) see(yard, queue, null, queue.absence, outlookFor(yard, queue.model));
  endThoseTooLong(yard, queue);
  if (waitingIn(queue) === 0) return;
  offerInTurn(yard, queue);
  lookAgain(yard, queue);
  if (waitingIn(queue) === 0) return;
  if (roomFor(yard, queue.model).slots > 0) noteServedWait(yard, queue);
  lookAgainAtLastSlot(yard, queue);
  const confined = loadWithin(yard, queue);
  if (waitingIn(queue) > confined) seeToLoad(yard, queue);
}

/** Offers to those who wait what there is. */
function offerInTurn(yard: YardState, queue: ModelQueue): void {
  const fleet = fleetOf(yard, queue.model);
  for (let isOver = false; !isOver; ) {
    // They hope anew, those in front first.
    for (const ticket of [...fleet.hopeful]) giveUpHope(yard, ticket);
    if (!hasRoom(yard, queue.model)) return;
    beginPass(fleet);
    isOver = goThrough(yard, queue, fleet);
    endPass(fleet);
  }
}

/**
 * Goes through those who wait, the next one first. False: somebody went out of turn behind others who leave conversations their slots.
 * Where they would go may be taken, or need not be left any more (`queue/last-slot.ts`): all are to be asked again.
 */
function goThrough(yard: YardState, queue: ModelQueue, fleet: ModelFleet): boolean {
  const isCrowd = waitingIn(queue) > fewWaiting;
  const turns = inTurn(yard, queue);
  let doesAnySpare = false;
  let outcome: Outcome = 'left';
  for (let next = turns.next(outcome); next.done !== true; next = turns.next(outcome)) {
    if (!hasRoom(yard, queue.model)) return true;
    const ticket = next.value;
    const tried = isCrowd && stillSpares(yard, fleet, ticket) ? 'spares' : tryOffer(yard, fleet, ticket);
    if (tried === 'spares') doesAnySpare = true;
    else if (tried === 'other' && doesAnySpare) return false;
    outcome = tried === 'spares' ? 'left' : tried;
  }
  return true;
}

/** What follows for those who wait and may go to the machines of a circle, or everywhere (null), from what they can expect. */
function see(yard: YardState, queue: ModelQueue, circle: Circle | null, absence: YardDeadline, outlook: Outlook): void {
  if (outlook.kind === 'failed') rejectAll(yard, queue, circle, outlook.errorFor);
  else if (outlook.kind !== 'absent') yard.deadlines.disarm(absence);
  else if (!isArmed(absence)) yard.deadlines.arm(absence, yard.nowMs + yard.limits.modelAbsentMs);
  if (circle === null) noteOutlook(yard, queue, outlook);
  if (outlook.kind === 'loading' && outlook.notBeforeMs !== null) rejectThoseInVain(yard, queue, circle, outlook);
}

/** For whoever asks later why a request waited, although the model is served. */
function noteServedWait(yard: YardState, queue: ModelQueue): void {
  const keys = keysThatLeaveIt(yard, queue);
  noteWait(queue, keys.length === 0 ? 'full' : 'last-slot', null, yard.nowMs, keys);
}

/** The same where it is not. */
function noteOutlook(yard: YardState, queue: ModelQueue, outlook: Outlook): void {
  // Of what is served it is told once it is known who has what there is.
  if (outlook.kind === 'absent') noteWait(queue, 'absent', null, yard.nowMs);
  else if (outlook.kind === 'loading') {
    if (outlook.isOnItsWay) noteWait(queue, 'loading', loadingOn(yard, queue.model), yard.nowMs);
    else noteWait(queue, 'not-loaded', outlook.seen, yard.nowMs);
  }
}

/** The larger window that they waited for has gone. */
function endThoseTooLong(yard: YardState, { model }: ModelQueue): void {
  for (const ticket of yard.tooLong) {
    if (ticket.model !== model || ticket.state.phase !== 'queued' || ticket.tooLong === null) continue;
    if (!mayFitElsewhere(yard, ticket)) reject(yard, ticket, contextOverflow(ticket.tooLong));
  }
}

/** Nobody loads the model before their time is over: they are told now when somebody may. */
function rejectThoseInVain(
  yard: YardState,
  queue: ModelQueue,
  circle: Circle | null,
  { seen, notBeforeMs }: Outlook & { kind: 'loading' },
): void {
  if (notBeforeMs === null) return;
  for (const ticket of queueOrder(queue)) {
    if (ticket.circle !== circle || !isArmed(ticket.wait) || ticket.wait.atMs > notBeforeMs) continue;
    reject(yard, ticket, loadsTooLate(yard, ticket, seen ?? 'it gave no reason', notBeforeMs));
  }
}

/**
 * Offers a waiting ticket to the best machine there is for it. It may stay where it is although machines have room: none
 * may serve it, or it is better off waiting for one that is full, or it `spares` somebody's conversation. Others behind it may still
 * find a place. `other`: one of them had the slot that it would have had.
 */
function tryOffer(yard: YardState, fleet: ModelFleet, ticket: Ticket): Outcome | 'spares' {
  const choice = choose(yard, ticket);
  const { best, hopesFor, spares } = choice;
  ticket.spares = null;
  if (best !== null) {
    const warmer = warmerThan(yard, ticket, best);
    if (warmer === null) offer(yard, ticket, choice, best);
    else offer(yard, warmer.ticket, warmer.choice, warmer.best);
    return warmer === null ? 'this' : 'other';
  }
  if (hopesFor !== null) keepHope(yard, ticket, hopesFor.served);
  if (spares === null) return 'left';
  yard.deadlines.arm(ticket.hope, spares.untilMs);
  keepSparing(fleet, ticket, spares);
  return 'spares';
}

/** Nobody came to serve the model in time: those who wait for it are told. `circle`: by its key; null: those who may go everywhere. */
export function absenceOverdue(yard: YardState, model: string, circleKey: string | null): void {
  const queue = yard.queues.get(model);
  const circle = circleKey === null ? null : yard.circles.get(circleKey);
  if (queue === undefined || circle === undefined) {
    throw new Error(`the absence of ${model} outlived those who suffer from it`);
  }
  // Otherwise somebody came at the last moment, and `settle` sees to it.
  if (expected(yard, model, circle).kind === 'absent') {
    rejectAll(yard, queue, circle, (ticket) => absence(yard, ticket));
  } else yard.unsettled.add(model);
}

const expected = (yard: YardState, model: string, circle: Circle | null): Outlook =>
  circle === null ? outlookFor(yard, model) : outlookWithin(yard, circle, model);

/** The ticket has waited long enough. While an offer is out, its answer decides. */
export function waitOverdue(yard: YardState, ticket: Ticket): void {
  if (ticket.state.phase !== 'queued') return;
  const outlook = outlookOf(yard, ticket);
  if (outlook.kind === 'loading' && outlook.isOnItsWay && mayWaitLonger(yard, ticket)) {
    ticket.waitsForLoad = true;
    yard.deadlines.arm(ticket.wait, yard.nowMs + yard.limits.loadWaitMs - ticket.waitMs);
  } else if (outlook.kind === 'loading')
    reject(yard, ticket, modelLoading(yard, ticket, outlook.seen, outlook.notBeforeMs));
  else if (outlook.kind === 'absent') reject(yard, ticket, absence(yard, ticket));
  else if (outlook.kind === 'failed') reject(yard, ticket, outlook.errorFor(ticket));
  else reject(yard, ticket, queueTimeout(ticket, whoCannot(yard, ticket)));
}

/** Nobody it may go to has the model, or had it a moment ago: it is told at once. Others do have it, or nobody is refused. */
function unmeetable(yard: YardState, ticket: Ticket): ApiError | null {
  const { circle, model } = ticket;
  if (circle === null || fleetOf(yard, model).size === 0 || isKnownThere(yard, circle, model)) return null;
  return absence(yard, ticket);
}

/** A load is worth waiting for, once, unless the client itself set a limit. */
function mayWaitLonger({ limits }: YardState, { waitsForLoad, waitMs, serviceClass }: Ticket): boolean {
  return !waitsForLoad && waitMs < limits.loadWaitMs && waitMs >= classWaitMs(limits, serviceClass);
}

/** Those who wait and are kept to this circle; null: those who may go everywhere. */
function rejectAll(
  yard: YardState,
  queue: ModelQueue,
  circle: Circle | null,
  errorFor: (ticket: Ticket) => ApiError,
): void {
  for (const ticket of queueOrder(queue)) if (ticket.circle === circle) reject(yard, ticket, errorFor(ticket));
}
