/**
 * Who waits and is warm where somebody else would go cold. The key whose clock is furthest behind is next, but a slot that has read
 * most of another one's prompt is worth more to that one; and what is pushed out is read again, in a slot of somebody else.
 * So of those whose turn is near (`FairQueue.near`: less than one request away) the one goes first that finds most in the very slot.
 *
 * That one request is counted as if nothing of it were cached, and what goes first may cost a fraction: many warm turns may pass by a
 * large cold prompt. So nobody is passed by for longer than it would leave others their slots (`spare.ts`).
 */
import { leavesLastSlot, leavesLastWithin } from '../queue/last-slot.ts';
import type { Ticket, YardState } from '../state.ts';
import { type Choice, choose } from './choose.ts';
import type { Weighed } from './predict.ts';
import { sparesEndMs } from './spare.ts';
import { shareHeld } from './warmth.ts';

/** Less is read in a second or two: not worth a turn. */
const leastSavedTokens = 2_000;
/** Keys that are looked at. */
const mostLooked = 32;

export interface Warmer {
  readonly ticket: Ticket;
  readonly choice: Choice;
  readonly best: Weighed;
}

/** Who is to have the slot before the ticket, which would have it now; null: nobody. */
export function warmerThan(yard: YardState, ticket: Ticket, { memory, served, cachedTokens }: Weighed): Warmer | null {
  const queue = yard.queues.get(ticket.model);
  const taken = memory ?? served.spot.pushedOut;
  // Who came back goes before everybody.
  if (queue === undefined || taken === null || ticket.lastAttempt > 0 || ticket.serviceClass === 'batch') return null;
  if (yard.nowMs >= sparesEndMs(ticket)) return null;
  const lane = queue.lanes[ticket.serviceClass];
  if (lane.size === 1) return null;
  let [found, most, looked]: [Ticket | null, number, number] = [null, cachedTokens + leastSavedTokens, 0];
  for (const other of lane.near()) {
    if (looked === mostLooked) break;
    looked += 1;
    if (other === ticket || other.prefix === null) continue;
    const tokens = shareHeld(yard, taken, other.prefix) * other.estimatedTokens;
    if (tokens <= most || leavesLastSlot(yard, queue, other) || leavesLastWithin(yard, other)) continue;
    [found, most] = [other, tokens];
  }
  if (found === null) return null;
  const choice = choose(yard, found);
  return choice.best?.memory === taken ? { ticket: found, choice, best: choice.best } : null;
}
