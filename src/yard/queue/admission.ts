/**
 * Who may wait. Refused at once is what is beyond the bounds of its key or of the model, and what would
 * probably wait for longer than its client does: better told now than after a minute in vain.
 */
import type { ApiError } from '../../contract/errors.ts';
import { overloaded, queueFull, queueTooLong } from '../rejections.ts';
import { roomFor } from '../room.ts';
import type { Ticket, YardState } from '../state.ts';
import { takeInvitation } from './invitations.ts';
import { positionOf } from './positions.ts';
import { waitingIn, waitingOfKey } from './queue.ts';
import { predictedWaitMs } from './service-times.ts';

/** Why a ticket that has just entered its queue may not stay; null when it may. */
export function refusal(yard: YardState, ticket: Ticket): ApiError | null {
  const error = reasonAgainst(yard, ticket);
  return error === null || takeInvitation(yard, ticket.keyId) ? error : overloaded(error);
}

function reasonAgainst(yard: YardState, ticket: Ticket): ApiError | null {
  const queue = yard.queues.get(ticket.model);
  if (queue === undefined) return null;
  const { queuedPerKey, queuedPerSlot, queuedAtLeast } = yard.limits;
  const position = positionOf(queue, ticket);
  const predictedMs = predictedWaitMs(yard, ticket, position);
  const { slots } = roomFor(yard, ticket.model);
  // Both count the newcomer.
  const ofKey = waitingOfKey(queue, ticket.keyId);
  if (ofKey > queuedPerKey)
    return queueFull(ticket, { waiting: ofKey - 1, most: queuedPerKey, of: 'key' }, predictedMs);
  const most = Math.max(queuedAtLeast, queuedPerSlot * slots);
  const waiting = waitingIn(queue);
  // A key of which nobody waits gets one in: others cannot shut it out.
  if (waiting > most && ofKey > 1) {
    return queueFull(ticket, { waiting: waiting - 1, most, of: 'model' }, predictedMs);
  }
  // Whoever is next for one of the slots is not told by a mean that it will not get it.
  if (predictedMs === null || predictedMs <= ticket.waitMs || position <= slots) return null;
  return queueTooLong(ticket, predictedMs);
}
