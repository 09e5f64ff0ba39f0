/**
 * Conversations that are left their slots for a moment, although others wait. An agent whose turn has just ended is back
 * within seconds, with nearly all of its prompt read. Where more of them are alive than slots, whoever waits would push it
 * out at once, it would push out the next one when it is back, and each turn of each of them is read from its beginning:
 * twelve agents on eight slots then wait longer than under a rule that knows of no cache. So a conversation keeps its slot
 *
 * - for so long as it takes until a program comes back, since its last turn ended (`backWithinMs`),
 * - if reading it again costs more than that wait,
 * - and until what was spent on reading it has paid: some times that long (`residency`), as a loaded model stays.
 *
 * The other waits for another slot, for this one, or until it has waited long enough (`sparesEndMs`). It does not wait where the
 * conversation could not go on now anyway, because its key leaves the last slot alone (`queue/last-slot.ts`).
 */
import { isBarredBeside } from '../queue/last-slot.ts';
import type { Ticket, YardState } from '../state.ts';
import { paceOf } from './pace.ts';
import type { Weighed } from './predict.ts';

/** Results of tools come back within this; who is away for longer reads or thinks, ms. */
export const backWithinMs = 6_000;
/** Times that its prompt takes to be read: then the next one may have the slot. */
const residency = 6;
/**
 * Nobody waits for longer than this on account of others' conversations, ms, nor for more than two thirds of what it may wait at
 * all: each is read again so much more rarely. Of a key that comes new, not for longer than the other.
 */
const mostSparingMs = 40_000;
const mostSparingOfNewMs = 12_000;

/** Until when others' conversations may keep it waiting, whether it leaves them their slots or they go before it (`warmer.ts`), ms. */
export const sparesEndMs = ({ sinceMs, waitMs, isNewcomer }: Ticket): number =>
  sinceMs + Math.min(isNewcomer ? mostSparingOfNewMs : mostSparingMs, (2 * waitMs) / 3);

/** Until when the ticket waits rather than push out whom it would push out there, ms; null: it need not wait. */
export function sparesUntil(yard: YardState, ticket: Ticket, { served, memory, evictMs }: Weighed): number | null {
  const { nowMs } = yard;
  const endMs = sparesEndMs(ticket);
  const pushedOut = memory ?? served.spot.pushedOut;
  if (pushedOut === null || evictMs < backWithinMs || nowMs >= endMs) return null;
  const paidAtMs = pushedOut.heldSinceMs + (residency * pushedOut.tokens * 1_000) / paceOf(served).readPerS;
  const untilMs = Math.ceil(Math.min(pushedOut.atMs + backWithinMs, paidAtMs, endMs));
  if (untilMs <= nowMs || isBarredBeside(yard, ticket, pushedOut.keyId)) return null;
  return untilMs;
}
