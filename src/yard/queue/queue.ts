/**
 * Who waits for which model. One queue per model, so that a busy model never holds up another one;
 * in it one lane per class (`turns.ts` says which lane is next), in a lane the fair order of keys, who pay for a turn in all of them.
 */
import { serviceClasses } from '../../contract/service-class.ts';
import { createDeadline, isArmed } from '../deadlines.ts';
import type { Circle } from '../routing/circles.ts';
import type { ModelQueue, Ticket, YardState } from '../state.ts';
import { FairQueue } from './fair-queue.ts';
import { tellPositionsSoon } from './positions.ts';
import { noteLively, noteTurn } from './turns.ts';

/** Puts the ticket in its place: behind those of its key submitted before it, in front when it was out already. */
export function enter(yard: YardState, ticket: Ticket): void {
  const queue = yard.queues.get(ticket.model) ?? openQueue(yard, ticket.model);
  queue.lanes[ticket.serviceClass].enter(ticket);
  // It had a slot.
  if (ticket.lastAttempt > 0) countHeld(queue, ticket, -1);
  yard.waiting += 1;
  countConfined(yard, queue, ticket.circle, 1);
  yard.arrivals.push(ticket);
  yard.unsettled.add(ticket.model);
  noteLively(yard, queue, ticket.serviceClass);
  tellPositionsSoon(yard);
}

/** A waiting ticket has its turn. */
export function takeTurn(yard: YardState, ticket: Ticket): void {
  const queue = queueOf(yard, ticket);
  const lane = queue.lanes[ticket.serviceClass];
  if (lane.take(ticket)) for (const other of Object.values(queue.lanes)) if (other !== lane) other.owe(ticket);
  countHeld(queue, ticket, 1);
  noteTurn(queue, ticket);
  goneFrom(yard, queue, ticket);
}

/** A waiting ticket ends without its turn. */
export function leave(yard: YardState, ticket: Ticket): void {
  const queue = queueOf(yard, ticket);
  queue.lanes[ticket.serviceClass].leave(ticket);
  // While it waited for more than the last slot, nothing less urgent had that one.
  if (ticket.serviceClass === 'interactive' && queue.lanes.background.size > 0) yard.unsettled.add(queue.model);
  goneFrom(yard, queue, ticket);
}

/** A waiting ticket is kept to another circle from now on; null: to none. */
export function confineAnew(yard: YardState, ticket: Ticket, circle: Circle | null): void {
  const queue = queueOf(yard, ticket);
  countConfined(yard, queue, ticket.circle, -1);
  countConfined(yard, queue, circle, 1);
  yard.unsettled.add(ticket.model);
}

/** What a ticket that had its turn costs by what is known now, tokens. */
export function chargeTicket(yard: YardState, ticket: Ticket, tokens: number): void {
  const queue = yard.queues.get(ticket.model);
  if (queue === undefined) return;
  for (const lane of Object.values(queue.lanes)) lane.charge(ticket, Math.max(1, tokens));
  // Somebody whose turn it has become may need to leave nothing to those behind any more.
  if (isArmed(queue.lastSlot)) yard.unsettled.add(queue.model);
}

/** The ticket has ended. */
export function settleTicket(yard: YardState, ticket: Ticket): void {
  const queue = yard.queues.get(ticket.model);
  if (queue === undefined) return;
  for (const lane of Object.values(queue.lanes)) lane.settle(ticket);
  if (ticket.state.phase !== 'queued') {
    countHeld(queue, ticket, -1);
    // Its key may have the last slot now.
    yard.unsettled.add(queue.model);
  }
  noteLively(yard, queue, ticket.serviceClass);
  closeWhenIdle(yard, queue);
}

/** Requests that wait in a queue. */
export function waitingIn({ lanes }: ModelQueue): number {
  let waiting = 0;
  for (const name of serviceClasses) waiting += lanes[name].size;
  return waiting;
}

/** Requests of a key that wait in a queue. */
export function waitingOfKey({ lanes }: ModelQueue, keyId: string): number {
  let waiting = 0;
  for (const name of serviceClasses) waiting += lanes[name].sizeOf(keyId);
  return waiting;
}

function queueOf(yard: YardState, ticket: Ticket): ModelQueue {
  const queue = yard.queues.get(ticket.model);
  if (queue === undefined) throw new Error(`${ticket.requestId} is not in the queue of ${ticket.model}`);
  return queue;
}

function countConfined(yard: YardState, { model, confined }: ModelQueue, circle: Circle | null, more: number): void {
  if (circle === null) return;
  let those = confined.get(circle);
  if (those === undefined) {
    those = { waiting: 0, absence: createDeadline({ kind: 'absence', model, circleKey: circle.key }) };
    confined.set(circle, those);
  }
  those.waiting += more;
  if (those.waiting > 0) return;
  yard.deadlines.disarm(those.absence);
  confined.delete(circle);
}

function countHeld({ held }: ModelQueue, { keyId }: Ticket, more: number): void {
  const now = (held.get(keyId) ?? 0) + more;
  if (now === 0) held.delete(keyId);
  else held.set(keyId, now);
}

function goneFrom(yard: YardState, queue: ModelQueue, ticket: Ticket): void {
  yard.waiting -= 1;
  countConfined(yard, queue, ticket.circle, -1);
  noteLively(yard, queue, ticket.serviceClass);
  if (queue.lanes.background.size === 0) queue.passedBackground = 0;
  if (queue.lanes.batch.size === 0) queue.passedBatch = 0;
  if (waitingIn(queue) === 0) {
    yard.deadlines.disarm(queue.absence);
    yard.deadlines.disarm(queue.calm);
    yard.deadlines.disarm(queue.lastSlot);
  }
  closeWhenIdle(yard, queue);
  tellPositionsSoon(yard);
}

/** A queue is kept while its keys have anything to be counted against each other. */
function closeWhenIdle(yard: YardState, queue: ModelQueue): void {
  if (serviceClasses.every((name) => queue.lanes[name].isIdle)) {
    yard.deadlines.disarm(queue.calm);
    yard.deadlines.disarm(queue.lastSlot);
    yard.queues.delete(queue.model);
  }
}

function openQueue(yard: YardState, model: string): ModelQueue {
  const queue: ModelQueue = {
    model,
    lanes: { interactive: new FairQueue(), background: new FairQueue(), batch: new FairQueue() },
    absence: createDeadline({ kind: 'absence', model, circleKey: null }),
    calm: createDeadline({ kind: 'calm', model }),
    lastSlot: createDeadline({ kind: 'last-slot', model }),
    held: new Map(),
    confined: new Map(),
    passedBackground: 0,
    passedBatch: 0,
    tellsAll: false,
    past: [],
    livelyAtMs: yard.nowMs,
  };
  yard.queues.set(model, queue);
  return queue;
}
