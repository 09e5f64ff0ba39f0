/**
 * Which class is next. Interactive requests go before background ones, both before batch; and none
 * of them waits for ever:
 *
 * - Of four turns that are taken while background requests wait, one is theirs.
 * - Batch takes what nobody else wants: a free slot is its own when no other request came, began or
 *   ended for two seconds, and one slot stays free where the model has several. So an interactive
 *   request that finds every slot taken never waits for more than one of batch's.
 * - Once a batch request has waited for ten minutes, one of eight turns is batch's.
 */
import type { ServiceClass } from '../../contract/service-class.ts';
import { roomFor } from '../room.ts';
import type { ModelQueue, Ticket, YardState } from '../state.ts';
import { leavesLastSlot, leavesLastWithin } from './last-slot.ts';

/** What became of the ticket in hand: it was left, it had its turn, or another one had it, so that it is still next. */
export type Outcome = 'left' | 'this' | 'other';

/** The tickets of a queue, next first; told what became of each. One that is left lets the others pass. */
export function* inTurn(yard: YardState, queue: ModelQueue): Generator<Ticket, void, Outcome> {
  const { lanes } = queue;
  const keptBack = (ticket: Ticket): boolean => leavesLastSlot(yard, queue, ticket);
  const overdue = overdueBatch(yard, queue);
  if (overdue !== null && !keptBack(overdue) && !leavesLastWithin(yard, overdue)) yield overdue;
  const interactive = lanes.interactive.order(keptBack);
  const background = lanes.background.order(keptBack);
  for (;;) {
    const isOwed = isBackgroundOwed(yard, queue);
    const [first, second] = isOwed ? [background, interactive] : [interactive, background];
    let order = first;
    let ticket = first.next();
    if (ticket === null) {
      // What people leave to people is not for what is less urgent.
      if (!isOwed && lanes.interactive.someNext(keptBack)) break;
      order = second;
      ticket = second.next();
    }
    if (ticket === null) break;
    const outcome = leavesLastWithin(yard, ticket) ? 'left' : yield ticket;
    if (outcome === 'other') order.stay();
    if (outcome === 'left') continue;
    interactive.lookAnew();
    background.lookAnew();
  }
  for (const ticket of lanes.batch.inTurn()) {
    if (!isCalm(yard, queue)) return;
    if (!leavesLastWithin(yard, ticket)) yield ticket;
  }
}

/** Whether the rules let the ticket go now, if a slot is free. `keptBack`: what `leavesLastSlot` says, where it is known already. */
export function mayGo(
  yard: YardState,
  queue: ModelQueue,
  ticket: Ticket,
  keptBack = (other: Ticket): boolean => leavesLastSlot(yard, queue, other),
): boolean {
  if (keptBack(ticket) || leavesLastWithin(yard, ticket)) return false;
  if (ticket.serviceClass === 'batch') return isCalm(yard, queue) || overdueBatch(yard, queue) === ticket;
  const isLower = ticket.serviceClass === 'background' && !isBackgroundOwed(yard, queue);
  return !isLower || !queue.lanes.interactive.someNext(keptBack);
}

const isBackgroundOwed = ({ limits }: YardState, { passedBackground }: ModelQueue): boolean =>
  passedBackground >= limits.backgroundTurns - 1;

/** A ticket has its turn. */
export function noteTurn(queue: ModelQueue, { serviceClass }: Ticket): void {
  if (serviceClass === 'background') queue.passedBackground = 0;
  else if (queue.lanes.background.size > 0) queue.passedBackground += 1;
  if (serviceClass === 'batch') queue.passedBatch = 0;
  else if (queue.lanes.batch.size > 0) queue.passedBatch += 1;
}

/** A request of this class came, began or ended. */
export function noteLively(yard: YardState, queue: ModelQueue, serviceClass: ServiceClass): void {
  if (serviceClass === 'batch') return;
  queue.livelyAtMs = yard.nowMs;
  lookAgain(yard, queue);
}

/** Sees to it that batch requests are looked at again: time alone, or a machine that goes away, may give them their turn. */
export function lookAgain(yard: YardState, queue: ModelQueue): void {
  if (queue.lanes.batch.size === 0) return;
  const calmAtMs = queue.livelyAtMs + yard.limits.batchIdleMs;
  yard.deadlines.arm(queue.calm, calmAtMs > yard.nowMs ? calmAtMs : yard.nowMs + yard.limits.batchIdleMs);
}

function isCalm(yard: YardState, { model, lanes, livelyAtMs }: ModelQueue): boolean {
  if (lanes.interactive.size > 0 || lanes.background.size > 0) return false;
  if (yard.nowMs < livelyAtMs + yard.limits.batchIdleMs) return false;
  const { free, slots } = roomFor(yard, model);
  return free > (slots > 1 ? 1 : 0);
}

/** The batch request that has waited for so long that it goes before everybody, when it is batch's turn. */
function overdueBatch(yard: YardState, queue: ModelQueue): Ticket | null {
  const { batchTurns, batchPatienceMs } = yard.limits;
  if (queue.passedBatch < batchTurns - 1) return null;
  const next = queue.lanes.batch.inTurn().next();
  if (next.done === true) return null;
  return yard.nowMs >= next.value.submittedAtMs + batchPatienceMs ? next.value : null;
}
