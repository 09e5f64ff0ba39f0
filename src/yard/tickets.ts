/**
 * A ticket's life: `queued -> offered -> accepted -> prefilling -> streaming`, back to the queue
 * when an attempt fails before anything was shown, and one end. What machines answer is in
 * `answers.ts`.
 */

import { type ApiError, errorCatalogue } from '../contract/errors.ts';
import { noNeeds } from '../contract/generation/request-needs.ts';
import type { CancelReason } from '../contract/link/messages.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import { earn, takeRetry } from './budgets.ts';
import { moveHold, takeSlot } from './capacity.ts';
import { createDeadline, isArmed } from './deadlines.ts';
import type { RequestOutcome, YardEvent } from './events.ts';
import { withdrawHedge } from './hedge.ts';
import { earnInvitation } from './queue/invitations.ts';

import { isAbout, noteArrival, noteEnd } from './queue/last-slot.ts';
import { enter, leave, settleTicket, takeTurn } from './queue/queue.ts';
import { expectedOutputTokens } from './queue/service-times.ts';
import { engineStalled, gatewayDraining, keyRevoked, offerUnanswered, queueTimeout } from './rejections.ts';
import { type Choice, foresee, hopeEndsMs } from './routing/choose.ts';
import { joinCircle, leaveCircle } from './routing/circles.ts';
import type { Decision } from './routing/decision.ts';
import { decisionOf } from './routing/decision-of.ts';
import { fleetOf } from './routing/fleet.ts';
import type { Weighed } from './routing/predict.ts';
import { isFault, noteFault } from './standing.ts';
import type { Machine, ServedModel, Ticket, YardState } from './state.ts';
import { poisoned } from './suspects.ts';
import type { YardLimits } from './yard-limits.ts';

/** A new request: it queues, and `settle` offers it at once if there is room. */
export function submit(yard: YardState, request: YardEvent & { type: 'request-submitted' }): void {
  const { requestId, keyId, model } = request;
  if (yard.tickets.has(requestId)) throw new Error(`${requestId} was submitted twice`);
  const error = yard.draining ? gatewayDraining(requestId) : poisoned(yard, request.fingerprint);
  if (error !== null) {
    yard.effects.push({ type: 'request-ended', requestId, outcome: { kind: 'rejected', error } });
    return;
  }
  earn(yard, keyId);
  earnInvitation(yard, keyId);
  const { serviceClass = 'interactive', offerBytes = 0, maxTokens = Number.POSITIVE_INFINITY } = request;
  const expected = expectedOutputTokens(yard, model, maxTokens);
  const circle = joinCircle(yard, { wishes: request.wishes ?? null, places: request.places ?? null });
  const ticket: Ticket = {
    requestId,
    keyId,
    model,
    serviceClass,
    weight: request.weight ?? 1,
    estimatedTokens: request.estimatedTokens,
    offerBytes,
    maxTokens,
    prefix: request.prefix ?? null,
    needs: request.needs ?? noNeeds,
    circle,
    isRevoked: false,
    isNewcomer: !isAbout(yard, { keyId, model, circle }),
    countedIn: [],
    sinceMs: yard.nowMs,
    hopesFor: null,
    hopesAhead: 0,
    spares: null,
    sequence: yard.submissions++,
    submittedAtMs: yard.nowMs,
    costTokens: Math.max(1, request.estimatedTokens + expected),
    expectedOutputTokens: expected,
    waitMs: request.waitMs ?? classWaitMs(yard.limits, serviceClass),
    acceptedAtMs: null,
    state: { phase: 'queued' },
    attempt: 0,
    lastAttempt: 0,
    hedge: null,
    failedTries: 0,
    tooLong: null,
    avoid: new Set(),
    contentShown: false,
    toldPosition: 0,
    waitsForLoad: false,
    wait: createDeadline({ kind: 'wait', requestId }),
    answer: createDeadline({ kind: 'answer', requestId }),
    hedging: createDeadline({ kind: 'hedge', requestId }),
    hope: createDeadline({ kind: 'hope', requestId }),
  };
  yard.tickets.set(requestId, ticket);
  noteArrival(yard, ticket);
  yard.deadlines.arm(ticket.wait, yard.nowMs + ticket.waitMs);
  enter(yard, ticket);
}

/** How long a request of a class waits for its turn when its client says nothing, ms. */
export function classWaitMs(
  { queueWaitMs, backgroundWaitMs, batchWaitMs }: Pick<YardLimits, 'queueWaitMs' | 'backgroundWaitMs' | 'batchWaitMs'>,
  serviceClass: ServiceClass,
): number {
  if (serviceClass === 'batch') return batchWaitMs;
  return serviceClass === 'background' ? backgroundWaitMs : queueWaitMs;
}

/** The client left, or the gateway gave the request up: whatever its state, it ends now. */
export function withdraw(yard: YardState, requestId: string, reason: CancelReason): void {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined) return;
  cancelAttempt(yard, ticket, reason);
  end(yard, ticket, { kind: 'cancelled', reason });
}

/** Offers a waiting ticket to the machine that was chosen, as a new attempt. */
export function offer(yard: YardState, ticket: Ticket, choice: Choice, chosen: Weighed): void {
  const { machine } = chosen.served;
  takeTurn(yard, ticket);
  giveUpHope(yard, ticket);
  const decision = decisionOf(yard, ticket, ticket.lastAttempt + 1, choice, chosen);
  ticket.state = { phase: 'offered', machine };
  ticket.lastAttempt += 1;
  ticket.attempt = ticket.lastAttempt;
  takeSlot(machine, ticket, ticket.attempt, foresee(choice, chosen));
  const offerMs = offerMsOf(yard, ticket);
  yard.deadlines.arm(ticket.answer, yard.nowMs + offerMs);
  yard.deadlines.arm(ticket.hedging, yard.nowMs + yard.limits.hedgeMs + onItsWayMs(yard, ticket));
  sendOffer(yard, machine, offerMs, decision);
}

/** How long a machine has to answer an offer of it. */
export const offerMsOf = (yard: YardState, ticket: Ticket): number => yard.limits.offerMs + onItsWayMs(yard, ticket);

/** How long the body of an offer may take to a machine. */
const onItsWayMs = (yard: YardState, { offerBytes }: Ticket): number =>
  Math.floor(offerBytes / yard.limits.offerBytesPerMs);

/** `offerMs`: how long the machine has to answer. */
export function sendOffer(
  yard: YardState,
  { machineId, sessionId }: Machine,
  offerMs: number,
  decision: Decision,
): void {
  const { requestId, attempt } = decision;
  yard.effects.push({ type: 'send-offer', machineId, sessionId, requestId, attempt, offerMs, decision });
}

/** The request waits for a machine that is full, although others have room. */
export function keepHope(yard: YardState, ticket: Ticket, served: ServedModel): void {
  ticket.hopesFor = served;
  served.spot.fleet?.hopeful.add(ticket);
  ticket.hopesAhead = served.hopes;
  served.hopes += 1;
  if (!isArmed(ticket.hope)) yard.deadlines.arm(ticket.hope, hopeEndsMs(ticket));
}

/** It does so no longer. */
export function giveUpHope(yard: YardState, ticket: Ticket): void {
  yard.deadlines.disarm(ticket.hope);
  ticket.spares = null;
  if (ticket.hopesFor === null) return;
  ticket.hopesFor.hopes -= 1;
  fleetOf(yard, ticket.model).hopeful.delete(ticket);
  ticket.hopesFor = null;
}

/** The machine did not answer the offer, or showed no progress, in time. */
export function answerOverdue(yard: YardState, ticket: Ticket): void {
  const { state } = ticket;
  if (state.phase === 'queued') throw new Error(`${ticket.requestId} waits for an answer in the queue`);
  if (ticket.hedge !== null) ticket.avoid.add(ticket.hedge.machine.machineId);
  cancelAttempt(yard, ticket, 'deadline');
  if (state.phase === 'offered') {
    noteFault(yard, state.machine);
    tryAgain(yard, ticket, state.machine, offerUnanswered(offerMsOf(yard, ticket), state.machine, ticket));
  } else {
    const silentMs = progressMs(yard, state.phase);
    tryAgain(yard, ticket, state.machine, engineStalled(state.machine, ticket, state.phase, silentMs));
  }
}

/** How long a ticket may stay in this phase without a word, ms. */
export function progressMs(yard: YardState, phase: 'accepted' | 'prefilling' | 'streaming'): number {
  return phase === 'streaming' ? yard.limits.decodeProgressMs : yard.limits.prefillProgressMs;
}

/**
 * The present attempt is over without an answer: once more, preferably on another machine, unless
 * the client has seen some of it, tries are used up or trying again cannot help.
 */
export function tryAgain(yard: YardState, ticket: Ticket, machine: Machine, error: ApiError): void {
  ticket.failedTries += 1;
  ticket.avoid.add(machine.machineId);
  if (isFault(error.code)) noteFault(yard, machine);
  if (ticket.contentShown) end(yard, ticket, { kind: 'failed', error });
  else if (mayTryAgain(yard, ticket, error)) queueAgain(yard, ticket, error.message);
  else reject(yard, ticket, error);
}

function mayTryAgain(yard: YardState, ticket: Ticket, { code }: ApiError): boolean {
  if (ticket.failedTries >= yard.limits.attempts || !errorCatalogue[code].shouldRetry) return false;
  // Where a process or machine is gone, its work is too: trying again adds no load.
  return code === 'engine_crashed' || !isFault(code) || takeRetry(yard, ticket.keyId);
}

/** The present attempt came to nothing; the ticket goes back to the front of the queue. */
export function queueAgain(yard: YardState, ticket: Ticket, why: string): void {
  const hadBegun = ticket.state.phase !== 'queued' && ticket.state.phase !== 'offered';
  ticket.acceptedAtMs = null;
  // Its client was told nothing so far, or has its headers: either way it may wait as its class does.
  if (hadBegun) yard.deadlines.arm(ticket.wait, yard.nowMs + classWaitMs(yard.limits, ticket.serviceClass));
  if (ticket.isRevoked) {
    reject(yard, ticket, keyRevoked());
    return;
  }
  if (!isArmed(ticket.wait)) {
    // The wait ran out while the offer was on its way.
    reject(yard, ticket, queueTimeout(ticket));
    return;
  }
  yard.effects.push({ type: 'attempt-discarded', requestId: ticket.requestId, attempt: ticket.attempt, why });
  yard.deadlines.disarm(ticket.answer);
  yard.deadlines.disarm(ticket.hedging);
  ticket.state = { phase: 'queued' };
  ticket.sinceMs = yard.nowMs;
  enter(yard, ticket);
}

/** Tells the machine to stop, if one is at work. Its slot stays taken until it says that it has. */
export function cancelAttempt(yard: YardState, ticket: Ticket, reason: CancelReason): void {
  if (ticket.state.phase === 'queued') return;
  const { machine } = ticket.state;
  withdrawHedge(yard, ticket, reason);
  moveHold(machine, ticket.requestId, ticket.attempt, 'cancelling');
  sendCancel(yard, machine, ticket.requestId, ticket.attempt, reason);
}

export function sendCancel(
  yard: YardState,
  machine: Machine,
  requestId: string,
  attempt: number,
  reason: CancelReason,
): void {
  const { machineId, sessionId } = machine;
  yard.effects.push({ type: 'send-cancel', machineId, sessionId, requestId, attempt, reason });
}

/** Ends a request that has shown nothing. */
export function reject(yard: YardState, ticket: Ticket, error: ApiError): void {
  end(yard, ticket, { kind: 'rejected', error });
}

/** The one place where requests end. The attempt's slot is the caller's business. */
export function end(yard: YardState, ticket: Ticket, outcome: RequestOutcome): void {
  if (ticket.state.phase === 'queued') leave(yard, ticket);
  giveUpHope(yard, ticket);
  noteEnd(yard, ticket);
  settleTicket(yard, ticket);
  withdrawHedge(yard, ticket, 'superseded');
  yard.deadlines.disarm(ticket.wait);
  yard.deadlines.disarm(ticket.answer);
  yard.deadlines.disarm(ticket.hedging);
  leaveCircle(yard, ticket.circle);
  yard.tickets.delete(ticket.requestId);
  yard.tooLong.delete(ticket);
  yard.effects.push({ type: 'request-ended', requestId: ticket.requestId, outcome });
}
