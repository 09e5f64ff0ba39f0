/**
 * What machines say of tickets. Everything is fenced: a word on an attempt that is no longer the
 * ticket's present one changes nothing but what we know of the machine's slots.
 */
import type { ApiError } from '../contract/errors.ts';
import type { DeclineReason } from '../contract/link/messages.ts';
import { correctLoad, moveHold, releaseSlot } from './capacity.ts';
import { contextOverflow, modelUnavailable, stoppedByItself } from './rejections.ts';
import type { Machine, Ticket, TicketState, YardState } from './state.ts';
import { end, progressMs, queueAgain, reject, sendCancel, tryAgain } from './tickets.ts';

/**
 * A machine that declined as busy is left alone for this long, ms: as long as a cancel takes to
 * reach an engine (150 ms) and a little more.
 */
const quietMs = 250;

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

export function accepted(yard: YardState, machine: Machine, name: AttemptName): void {
  const found = currentOn(yard, machine, name);
  if (found === null) {
    // It has the slot after all.
    moveHold(machine, name.requestId, name.attempt, 'cancelling');
    sendCancel(yard, machine, name.requestId, name.attempt, 'superseded');
    return;
  }
  if (found.state.phase !== 'offered') return;
  moveHold(machine, name.requestId, name.attempt, 'accepted');
  yard.deadlines.disarm(found.ticket.wait);
  enterPhase(yard, found.ticket, machine, 'accepted');
  yard.effects.push({ type: 'request-assigned', ...name, machineId: machine.machineId });
}

export function declined(yard: YardState, machine: Machine, name: AttemptName, reason: DeclineReason): void {
  const found = currentOn(yard, machine, name);
  // A repeated offer was declined while the first one is being worked on.
  if (found !== null && found.state.phase !== 'offered') return;
  freeSlot(yard, machine, name);
  if (found === null) return;
  const { ticket } = found;
  const served = machine.models.get(ticket.model);
  switch (reason.code) {
    case 'busy':
      if (served !== undefined) {
        correctLoad(served, reason.slots, reason.busySlots);
        served.waitsForNews = true;
        yard.deadlines.arm(served.quiet, yard.nowMs + quietMs);
      }
      queueAgain(yard, ticket, `${machine.name} is busy`);
      return;
    case 'draining':
      machine.draining = true;
      for (const model of machine.models.keys()) yard.unsettled.add(model);
      queueAgain(yard, ticket, `${machine.name} is draining`);
      return;
    case 'model-unavailable':
      if (served !== undefined) served.unavailable = reason.message;
      tryAgain(yard, ticket, machine, modelUnavailable(machine, ticket.model, reason.message));
      return;
    case 'context-overflow':
      reject(yard, ticket, contextOverflow(reason.tokens, reason.maximum, reason.window));
      return;
    case 'refused':
      reject(yard, ticket, reason.error);
      return;
    default:
      reason satisfies never;
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
export function ended(yard: YardState, name: AttemptName, error: ApiError | null): void {
  const found = current(yard, name);
  if (found === null || found.state.phase === 'offered') return;
  const { ticket, state } = found;
  freeSlot(yard, state.machine, name);
  if (error === null) end(yard, ticket, { kind: 'answered' });
  else tryAgain(yard, ticket, state.machine, error);
}

/** The machine has stopped, usually because we said so. If it did by itself, the attempt is lost. */
export function cancelled(yard: YardState, machine: Machine, name: AttemptName): void {
  freeSlot(yard, machine, name);
  const found = currentOn(yard, machine, name);
  if (found !== null) tryAgain(yard, found.ticket, machine, stoppedByItself(machine));
}

function enterPhase(
  yard: YardState,
  ticket: Ticket,
  machine: Machine,
  phase: 'accepted' | 'prefilling' | 'streaming',
): void {
  ticket.state = { phase, machine };
  yard.deadlines.arm(ticket.answer, yard.nowMs + progressMs(yard, phase));
}

function freeSlot(yard: YardState, machine: Machine, name: AttemptName): void {
  const model = releaseSlot(machine, name.requestId, name.attempt);
  if (model !== null) yard.unsettled.add(model);
}
