/**
 * What machines say of tickets. Everything is fenced: a word on an attempt that is no longer the
 * ticket's present one changes nothing but what we know of the machine's slots.
 */
import type { DeclineReason } from '../contract/link/messages.ts';
import { believedPrompt } from './believed.ts';
import { correctLoad, moveHold, releaseSlot } from './capacity.ts';
import type { YardEvent } from './events.ts';
import { isHedge, otherOfferGoesOn, withdrawHedge } from './hedge.ts';
import { chargeTicket } from './queue/queue.ts';
import { noteServiceTime } from './queue/service-times.ts';
import { contextOverflow, modelUnavailable, stoppedByItself } from './rejections.ts';
import { observe } from './routing/average.ts';
import { mayFitElsewhere } from './routing/choose.ts';
import { fleetOf, noteChange } from './routing/fleet.ts';
import type { Overflow } from './routing/overflow.ts';
import { noteSuccess } from './standing.ts';
import { holdKey, type Machine, type Ticket, type TicketState, type YardState } from './state.ts';
import { noteCrash, poisoned } from './suspects.ts';
import { cancelAttempt, end, progressMs, queueAgain, reject, sendCancel, tryAgain } from './tickets.ts';

/**
 * A machine that declined as busy is left alone for this long, ms: as long as a cancel takes to
 * reach an engine (150 ms) and a little more.
 */
const quietMs = 250;
/** An estimate that was wrong by more than this teaches nothing more. */
const mostRatio = 4;

interface AttemptName {
  readonly requestId: string;
  readonly attempt: number;
}
type OutState = Exclude<TicketState, { phase: 'queued' }>;

/** The ticket and its state if this is its present attempt, else null. */
function current(yard: YardState, name: AttemptName): { ticket: Ticket; state: OutState } | null {
  const ticket = yard.tickets.get(name.requestId);
  if (ticket === undefined || ticket.attempt !== name.attempt || ticket.state.phase === 'queued') return null;
  return { ticket, state: ticket.state };
}

function currentOn(yard: YardState, machine: Machine, name: AttemptName): ReturnType<typeof current> {
  const found = current(yard, name);
  return found?.state.machine === machine ? found : null;
}

/** The ticket whose second offer this is, else null. */
function hedged(yard: YardState, machine: Machine, { requestId, attempt }: AttemptName): Ticket | null {
  const ticket = yard.tickets.get(requestId);
  return ticket !== undefined && isHedge(ticket, machine, attempt) ? ticket : null;
}

/** `counted`: tokens of the prompt, as the machine counted. */
export function accepted(yard: YardState, machine: Machine, name: AttemptName, counted: number): void {
  const second = hedged(yard, machine, name);
  if (second !== null) secondWins(yard, second);
  const found = currentOn(yard, machine, name);
  if (found === null) {
    // It has the slot after all.
    moveHold(machine, name.requestId, name.attempt, 'cancelling');
    sendCancel(yard, machine, name.requestId, name.attempt, 'superseded');
    return;
  }
  if (found.state.phase !== 'offered') return;
  const promptTokens = believedPrompt(counted, found.ticket);
  learnFromAnswer(yard, machine, found.ticket, promptTokens);
  withdrawHedge(yard, found.ticket, 'superseded');
  moveHold(machine, name.requestId, name.attempt, 'accepted');
  yard.deadlines.disarm(found.ticket.hedging);
  yard.deadlines.disarm(found.ticket.wait);
  found.ticket.acceptedAtMs = yard.nowMs;
  chargeTicket(yard, found.ticket, promptTokens + found.ticket.expectedOutputTokens);
  enterPhase(yard, found.ticket, machine, 'accepted');
  const { machineId, sessionId } = machine;
  yard.effects.push({ type: 'request-assigned', ...name, machineId, sessionId });
}

/** How far the average may move before it is told anew, a share. */
const untoldShare = 0.05;

/** A prompt was counted. */
function learnLength(yard: YardState, ticket: Ticket, tokens: number, isLeast: boolean): void {
  const fleet = fleetOf(yard, ticket.model);
  const { tokensPerEstimate, toldTokensPerEstimate } = fleet;
  const ratio = Math.min(mostRatio, Math.max(1 / mostRatio, tokens / Math.max(1, ticket.estimatedTokens)));
  if (isLeast && ratio <= tokensPerEstimate.value) return;
  observe(tokensPerEstimate, ratio);
  if (Math.abs(tokensPerEstimate.value - toldTokensPerEstimate) < untoldShare * toldTokensPerEstimate) return;
  fleet.toldTokensPerEstimate = tokensPerEstimate.value;
  yard.modelsVersion += 1;
}

/** An accepted offer tells how long the prompt really is, and how long the machine takes to answer. */
function learnFromAnswer(yard: YardState, machine: Machine, ticket: Ticket, promptTokens: number): void {
  const hold = machine.holds.get(holdKey(ticket.requestId, ticket.attempt));
  if (hold !== undefined) observe(machine.answerMs, yard.nowMs - hold.sinceMs);
  learnLength(yard, ticket, promptTokens, false);
}

/** The second machine was quicker: the first offer is withdrawn. */
function secondWins(yard: YardState, ticket: Ticket): void {
  const { requestId, attempt, state } = ticket;
  if (state.phase === 'queued' || !otherOfferGoesOn(ticket, attempt)) return;
  moveHold(state.machine, requestId, attempt, 'cancelling');
  sendCancel(yard, state.machine, requestId, attempt, 'superseded');
}

export function declined(yard: YardState, machine: Machine, name: AttemptName, reason: DeclineReason): void {
  const found = currentOn(yard, machine, name);
  // A repeated offer was declined while the first one is being worked on.
  if (found !== null && found.state.phase !== 'offered') return;
  freeSlot(yard, machine, name);
  const ticket = found?.ticket ?? hedged(yard, machine, name);
  if (ticket === null) return;
  noteDecline(yard, machine, ticket.model, reason);
  const goesOn = otherOfferGoesOn(ticket, name.attempt);
  if (reason.code === 'refused') {
    // What is wrong with the request is wrong on every machine.
    if (goesOn) cancelAttempt(yard, ticket, 'superseded');
    reject(yard, ticket, reason.error);
    return;
  }
  if (reason.code === 'context-overflow') noteOverflow(yard, ticket, reason);
  if (goesOn) return;
  if (reason.code === 'model-unavailable') {
    tryAgain(yard, ticket, machine, modelUnavailable(machine, ticket, reason.message));
  } else if (ticket.tooLong !== null && !mayFitElsewhere(yard, ticket)) {
    reject(yard, ticket, contextOverflow(ticket.tooLong));
  } else queueAgain(yard, ticket, `${machine.name} is ${reason.code}`);
}

function noteOverflow(yard: YardState, ticket: Ticket, overflow: Overflow): void {
  // The count may have been broken off.
  learnLength(yard, ticket, overflow.tokens, true);
  if (overflow.window >= (ticket.tooLong?.window ?? 0)) ticket.tooLong = overflow;
  yard.tooLong.add(ticket);
}

/** What a decline tells of the machine. */
function noteDecline(yard: YardState, machine: Machine, model: string, reason: DeclineReason): void {
  const served = machine.models.get(model);
  if (reason.code === 'busy' && served !== undefined) {
    correctLoad(served, reason.slots, reason.busySlots);
    served.waitsForNews = true;
    noteChange(machine);
    yard.deadlines.arm(served.quiet, yard.nowMs + quietMs);
  } else if (reason.code === 'model-unavailable' && served !== undefined) {
    served.unavailable = reason.message;
    noteChange(machine);
  } else if (reason.code === 'draining') {
    machine.draining = true;
    noteChange(machine);
    for (const id of machine.models.keys()) yard.unsettled.add(id);
  }
}

export function progressed(yard: YardState, name: AttemptName, phase: 'loading' | 'prefilling' | 'streaming'): void {
  const found = current(yard, name);
  if (found === null || found.state.phase === 'offered') return;
  enterPhase(yard, found.ticket, found.state.machine, phase === 'loading' ? 'accepted' : phase);
}

export function contentShown(yard: YardState, name: AttemptName): void {
  const found = current(yard, name);
  if (found === null || found.state.phase === 'offered') return;
  found.ticket.contentShown = true;
  enterPhase(yard, found.ticket, found.state.machine, 'streaming');
}

/** The attempt's last word. An error that another try may mend is not the request's end. */
export function ended(yard: YardState, event: YardEvent & { type: 'ticket-ended' }): void {
  const { error, fingerprint, usage } = event;
  const name: AttemptName = event;
  const found = current(yard, name);
  if (found === null || found.state.phase === 'offered') return;
  const { ticket, state } = found;
  const { machine } = state;
  freeSlot(yard, machine, name);
  if (error === null) {
    noteSuccess(yard, machine);
    if (usage !== undefined) noteUsage(yard, ticket, usage);
    end(yard, ticket, { kind: 'answered' });
    return;
  }
  if (error.code === 'engine_crashed' && fingerprint !== undefined) {
    noteCrash(yard, fingerprint, { machineId: machine.machineId, requestId: name.requestId, attempt: name.attempt });
  }
  tryAgain(yard, ticket, machine, poisoned(yard, fingerprint) ?? error);
}

/** What it really cost, and how long such requests take. */
function noteUsage(yard: YardState, ticket: Ticket, usage: { readTokens: number; outputTokens: number }): void {
  chargeTicket(yard, ticket, usage.readTokens + usage.outputTokens);
  if (ticket.acceptedAtMs === null) return;
  noteServiceTime(yard, ticket.model, yard.nowMs - ticket.acceptedAtMs, usage.outputTokens);
}

/** The machine has stopped, usually because we said so. If it did by itself, the attempt is lost. */
export function cancelled(yard: YardState, machine: Machine, name: AttemptName): void {
  freeSlot(yard, machine, name);
  const ticket = hedged(yard, machine, name) ?? currentOn(yard, machine, name)?.ticket;
  if (ticket !== undefined && otherOfferGoesOn(ticket, name.attempt)) return;
  const found = currentOn(yard, machine, name);
  if (found !== null) tryAgain(yard, found.ticket, machine, stoppedByItself(machine, found.ticket));
}

function enterPhase(
  yard: YardState,
  ticket: Ticket,
  machine: Machine,
  phase: 'accepted' | 'prefilling' | 'streaming',
): void {
  if (ticket.state.phase !== phase) noteChange(machine);
  ticket.state = { phase, machine };
  yard.deadlines.arm(ticket.answer, yard.nowMs + progressMs(yard, phase));
}

function freeSlot(yard: YardState, machine: Machine, name: AttemptName): void {
  const model = releaseSlot(machine, name.requestId, name.attempt, yard.nowMs);
  if (model !== null) yard.unsettled.add(model);
}
