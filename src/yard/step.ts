/**
 * The yard's one door. Events go in, effects come out, time is an argument: the same events at
 * the same times always give the same effects.
 *
 *     const yard = createYard();
 *     const effects = step(yard, { type: 'request-submitted', ... }, nowMs);
 *     // carry the effects out, in order; call again no later than yard.wakeAtMs
 */
import { accepted, cancelled, contentShown, declined, ended, progressed } from './answers.ts';
import type { YardEffect, YardEvent } from './events.ts';
import { hedgeOverdue } from './hedge.ts';
import { placeKey, revokeKey } from './key-changes.ts';
import { minimumDue, setMinimums } from './loads/minimums.ts';
import { loadDue } from './loads/see-to-load.ts';
import {
  away,
  beat,
  connect,
  connectedMachine,
  declineLoad,
  drop,
  hold,
  leaseOverdue,
  lose,
  machineOfSession,
  noteSlots,
  remove,
  rename,
  renew,
  report,
} from './machines.ts';
import { absenceOverdue, settle, waitOverdue } from './placement.ts';
import { tellPositions } from './queue/positions.ts';
import { noteChange } from './routing/fleet.ts';
import { judge, trialDue } from './standing.ts';
import type { DeadlineSubject, Machine, Ticket, YardState } from './state.ts';
import { answerOverdue, submit, withdraw } from './tickets.ts';

export { createYard, type YardState } from './state.ts';
export type { YardOptions } from './yard-limits.ts';

/** A step this much later than promised means that we slept or were stalled, not that others did, ms. */
const lagMs = 1_000;

/** Nobody is blamed for what the gateway itself missed. When somebody asked last is a fact, and the last slots are looked at by that. */
function delayAll(yard: YardState, ms: number): void {
  yard.deadlines.delayAll(ms);
  for (const { model, lastSlot } of yard.queues.values()) {
    yard.deadlines.disarm(lastSlot);
    yard.unsettled.add(model);
  }
}

/**
 * Tells the yard of one event and returns what is to be done, in order. `nowMs`: integer ms of a
 * monotonic clock. Throws on broken promises of the caller (time going backwards, an id used
 * twice), never on what machines or clients say.
 */
export function step(yard: YardState, event: YardEvent, nowMs: number): YardEffect[] {
  if (!Number.isInteger(nowMs) || nowMs < yard.nowMs) {
    throw new RangeError(`step at ${nowMs} ms after ${yard.nowMs} ms: time is in whole ms and never goes back`);
  }
  yard.nowMs = nowMs;
  yard.effects = [];
  forgiveLag(yard);
  // First the event, then the deadlines: a frame that arrived is never late.
  apply(yard, event);
  // Second offers last: a machine whose lease is over in the same step gets none.
  const unanswered: string[] = [];
  for (let due = yard.deadlines.takeDue(nowMs); due !== null; due = yard.deadlines.takeDue(nowMs)) {
    if (due.subject.kind === 'hedge') unanswered.push(due.subject.requestId);
    else overdue(yard, due.subject);
  }
  for (const requestId of unanswered) {
    const ticket = yard.tickets.get(requestId);
    if (ticket !== undefined) hedgeOverdue(yard, ticket);
  }
  settle(yard);
  yard.wakeAtMs = yard.deadlines.nextAtMs;
  return yard.effects;
}

/**
 * The process was asleep or busy: everybody gets the lost time back, and a second more, in which
 * the frames that have been waiting in the sockets are read.
 */
function forgiveLag(yard: YardState): void {
  const { nextAtMs } = yard.deadlines;
  if (nextAtMs === null) return;
  const lateMs = yard.nowMs - nextAtMs;
  if (lateMs > lagMs) delayAll(yard, lateMs + lagMs);
}

function apply(yard: YardState, event: YardEvent): void {
  switch (event.type) {
    case 'machine-connected':
      connect(yard, event);
      return;
    case 'machine-reported': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) report(yard, machine, event);
      return;
    }
    case 'machine-beat': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) beat(yard, machine);
      return;
    }
    case 'load-declined': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) declineLoad(yard, machine, event);
      return;
    }
    case 'machine-heard': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) renew(yard, machine, event.lease);
      return;
    }
    case 'machine-judged': {
      const machine = connectedMachine(yard, event.machineId);
      if (machine !== null) judge(yard, machine, event);
      return;
    }
    case 'machine-named': {
      const machine = yard.machines.get(event.machineId);
      if (machine !== undefined) rename(yard, machine, event);
      return;
    }
    case 'slots-told': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) noteSlots(yard, machine, event);
      return;
    }
    case 'machine-held': {
      const machine = connectedMachine(yard, event.machineId);
      if (machine !== null) hold(yard, machine, event.held);
      return;
    }
    case 'machine-removed': {
      const machine = yard.machines.get(event.machineId);
      if (machine !== undefined) remove(yard, machine);
      return;
    }
    case 'machine-away': {
      const machine = machineOfSession(yard, event);
      if (machine !== null) away(yard, machine);
      return;
    }
    case 'machine-disconnected': {
      const machine = machineOfSession(yard, event);
      if (machine === null) return;
      if (event.isFarewell === true) lose(yard, machine);
      else drop(yard, machine);
      return;
    }
    case 'request-submitted':
      submit(yard, event);
      return;
    case 'key-placed':
      placeKey(yard, event.keyId, event.places);
      return;
    case 'key-revoked':
      revokeKey(yard, event.keyId);
      return;
    case 'request-withdrawn':
      withdraw(yard, event.requestId, event.reason);
      return;
    case 'offer-accepted': {
      const machine = connectedMachine(yard, event.machineId);
      const { requestId, attempt } = event;
      if (machine !== null) accepted(yard, machine, { requestId, attempt }, event.promptTokens);
      return;
    }
    case 'offer-declined': {
      const machine = connectedMachine(yard, event.machineId);
      if (machine !== null) declined(yard, machine, event, event.reason);
      return;
    }
    case 'ticket-progressed':
      progressed(yard, event, event.phase);
      return;
    case 'content-shown':
      contentShown(yard, event);
      return;
    case 'ticket-ended':
      ended(yard, event);
      return;
    case 'ticket-cancelled': {
      const machine = connectedMachine(yard, event.machineId);
      if (machine !== null) cancelled(yard, machine, event);
      return;
    }
    case 'minimums-set':
      setMinimums(yard, event.minimums);
      return;
    case 'drain-started':
      // Whoever was let in is served, also who waits: their clients may have had their headers for minutes.
      yard.draining = true;
      return;
    case 'clock-advanced':
      return;
    default:
      event satisfies never;
  }
}

function overdue(yard: YardState, subject: Exclude<DeadlineSubject, { kind: 'hedge' }>): void {
  switch (subject.kind) {
    case 'lease':
      leaseOverdue(yard, machineNamed(yard, subject.machineId));
      return;
    case 'wait':
      waitOverdue(yard, ticketNamed(yard, subject.requestId));
      return;
    case 'answer':
      answerOverdue(yard, ticketNamed(yard, subject.requestId));
      return;
    case 'trial':
      trialDue(yard, machineNamed(yard, subject.machineId));
      return;
    case 'quiet':
      noteChange(machineNamed(yard, subject.machineId));
      yard.unsettled.add(subject.model);
      return;
    case 'hope':
      yard.unsettled.add(ticketNamed(yard, subject.requestId).model);
      return;
    case 'load':
      loadDue(yard, machineNamed(yard, subject.machineId), subject.model);
      return;
    case 'absence':
      absenceOverdue(yard, subject.model, subject.circleKey);
      return;
    case 'minimum':
      minimumDue(yard, subject.model);
      return;
    case 'calm':
    case 'last-slot':
      yard.unsettled.add(subject.model);
      return;
    case 'positions':
      tellPositions(yard);
      return;
    default:
      subject satisfies never;
  }
}

// Whoever leaves disarms their deadlines, so a due one always has somebody to it.

function machineNamed(yard: YardState, machineId: string): Machine {
  const machine = yard.machines.get(machineId);
  if (machine === undefined) throw new Error(`a lease outlived its machine ${machineId}`);
  return machine;
}

function ticketNamed(yard: YardState, requestId: string): Ticket {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined) throw new Error(`a deadline outlived its request ${requestId}`);
  return ticket;
}
