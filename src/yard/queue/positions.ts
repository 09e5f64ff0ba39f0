/** What those who wait are told: how many go before them, and for about how long. */
import { type ServiceClass, serviceClasses } from '../../contract/service-class.ts';
import { isArmed } from '../deadlines.ts';
import type { ModelQueue, Ticket, YardState } from '../state.ts';
import { type ExpectedWaits, expectedWaits } from './expected-waits.ts';

/** A changed position is told at most this long after, ms: nobody reads faster. */
const positionsDelayMs = 1_000;
/** Up to here every change is told; further back only a move by an eighth. */
const nearFront = 8;

/** Every ticket of a queue in the order in which they would go; turns of background among them left out. */
export function queueOrder({ lanes }: ModelQueue): Ticket[] {
  return serviceClasses.flatMap((name) => lanes[name].inOrder());
}

/** The ticket's place in its queue; 1 is next. */
export function positionOf(queue: ModelQueue, ticket: Ticket): number {
  let before = 0;
  for (const name of serviceClasses) {
    if (name === ticket.serviceClass) return before + queue.lanes[name].countBefore(ticket) + 1;
    before += queue.lanes[name].size;
  }
  throw new Error(`there is no class ${ticket.serviceClass satisfies ServiceClass}`);
}

/** Tells a ticket that has just come where it stands. */
export function tellPosition(yard: YardState, ticket: Ticket): void {
  const queue = yard.queues.get(ticket.model);
  if (queue !== undefined) tell(yard, ticket, positionOf(queue, ticket), expectedWaits(yard, ticket.model));
}

/** What those who wait for the model wait for has changed. */
export function tellAnew(yard: YardState, model: string): void {
  const queue = yard.queues.get(model);
  if (queue === undefined) return;
  queue.tellsAll = true;
  tellPositionsSoon(yard);
}

/**
 * Tells those whose position has changed. One departure moves everybody, so the far end is told
 * only of moves by an eighth: a request that comes in at 256 hears of about forty on its way.
 */
export function tellPositions(yard: YardState): void {
  for (const queue of yard.queues.values()) {
    const waits = expectedWaits(yard, queue.model);
    const { tellsAll } = queue;
    queue.tellsAll = false;
    queueOrder(queue).forEach((ticket, index) => {
      const moved = Math.abs(ticket.toldPosition - (index + 1));
      if (tellsAll) tell(yard, ticket, index + 1, waits);
      else if (index < nearFront ? moved > 0 : moved * 8 >= ticket.toldPosition) tell(yard, ticket, index + 1, waits);
    });
  }
}

export function tellPositionsSoon(yard: YardState): void {
  if (yard.waiting === 0) yard.deadlines.disarm(yard.positions);
  else if (!isArmed(yard.positions)) yard.deadlines.arm(yard.positions, yard.nowMs + positionsDelayMs);
}

function tell(yard: YardState, ticket: Ticket, position: number, waits: ExpectedWaits): void {
  ticket.toldPosition = position;
  const etaMs = waits(ticket, position);
  const eta = etaMs === null ? {} : { etaMs };
  yard.effects.push({ type: 'request-queued', requestId: ticket.requestId, position, ...eta });
}
