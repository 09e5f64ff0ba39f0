/**
 * Who waits for which model. One first-in-first-out queue per model, so that a busy model never
 * holds up another one.
 */
import { createDeadline, isArmed } from './deadlines.ts';
import type { ModelQueue, Ticket, YardState } from './state.ts';

/** A changed position is told at most this long after, ms: nobody reads faster. */
const positionsDelayMs = 1_000;
/** Up to here every change is told; further back only a move by an eighth. */
const nearFront = 8;

/** Puts the ticket in its place: behind all submitted before it, which is the front if it was out already. */
export function enter(yard: YardState, ticket: Ticket): void {
  const queue = yard.queues.get(ticket.model) ?? openQueue(yard, ticket.model);
  const behind = queue.tickets.findLastIndex((other) => other.sequence < ticket.sequence);
  queue.tickets.splice(behind + 1, 0, ticket);
  yard.waiting += 1;
  yard.waitingOfKey.set(ticket.keyId, waitingOfKey(yard, ticket.keyId) + 1);
  yard.arrivals.push(ticket);
  yard.unsettled.add(ticket.model);
  tellPositionsSoon(yard);
}

/** Takes a waiting ticket out of its queue. */
export function leave(yard: YardState, ticket: Ticket): void {
  const queue = yard.queues.get(ticket.model);
  const index = queue?.tickets.indexOf(ticket) ?? -1;
  if (queue === undefined || index < 0) throw new Error(`${ticket.requestId} is not in the queue of ${ticket.model}`);
  queue.tickets.splice(index, 1);
  yard.waiting -= 1;
  const left = waitingOfKey(yard, ticket.keyId) - 1;
  if (left === 0) yard.waitingOfKey.delete(ticket.keyId);
  else yard.waitingOfKey.set(ticket.keyId, left);
  if (queue.tickets.length === 0) {
    yard.deadlines.disarm(queue.absence);
    yard.queues.delete(queue.model);
  }
  tellPositionsSoon(yard);
}

/** True when more wait than may, for the ticket's key or in the whole pool. */
export function isOverfull(yard: YardState, ticket: Ticket): boolean {
  return yard.waiting > yard.limits.queuedInPool || waitingOfKey(yard, ticket.keyId) > yard.limits.queuedPerKey;
}

/** Tells a ticket that has just come where it stands. */
export function tellPosition(yard: YardState, ticket: Ticket): void {
  const index = yard.queues.get(ticket.model)?.tickets.indexOf(ticket) ?? -1;
  tell(yard, ticket, index + 1);
}

/**
 * Tells those whose position has changed. One departure moves everybody, so the far end is told
 * only of moves by an eighth: a request that comes in at 256 hears of about forty on its way.
 */
export function tellPositions(yard: YardState): void {
  for (const queue of yard.queues.values()) {
    queue.tickets.forEach((ticket, index) => {
      const moved = Math.abs(ticket.toldPosition - (index + 1));
      if (index < nearFront ? moved > 0 : moved * 8 >= ticket.toldPosition) tell(yard, ticket, index + 1);
    });
  }
}

function tell(yard: YardState, ticket: Ticket, position: number): void {
  ticket.toldPosition = position;
  yard.effects.push({ type: 'request-queued', requestId: ticket.requestId, position });
}

function tellPositionsSoon(yard: YardState): void {
  if (yard.waiting === 0) yard.deadlines.disarm(yard.positions);
  else if (!isArmed(yard.positions)) yard.deadlines.arm(yard.positions, yard.nowMs + positionsDelayMs);
}

function openQueue(yard: YardState, model: string): ModelQueue {
  const queue: ModelQueue = { model, tickets: [], absence: createDeadline({ kind: 'absence', model }) };
  yard.queues.set(model, queue);
  return queue;
}

function waitingOfKey(yard: YardState, keyId: string): number {
  return yard.waitingOfKey.get(keyId) ?? 0;
}
