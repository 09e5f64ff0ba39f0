/**
 * Who waits so that conversations keep their slots (`spare.ts`) waits for seconds, and may be one of hundreds. What it would choose
 * is not looked for anew with every step: only where it would go itself, or a machine that may be as good for it, has changed.
 */
import type { ServedModel, Ticket, YardState } from '../state.ts';
import { evenCost, type Spares } from './choose.ts';
import type { ModelFleet } from './fleet.ts';
import { type Asked, asked, coldCost, weighWarm } from './predict.ts';
import { backWithinMs } from './spare.ts';
import { shareHeld } from './warmth.ts';

/** How much more a conversation is worth than in `backWithinMs` from now: half of it is gone in a minute. */
const fading = 1.08;

/** What it was found to wait for. */
export interface Sparing {
  /** Where it would go, and what that would cost, ms. */
  readonly winner: ServedModel;
  readonly cost: number;
  readonly untilMs: number;
  /** The pass that looked at it last (`changes.ts`). */
  pass: number;
}

/** The ticket waits; the yard's deadline for that is armed. */
export function keepSparing({ changes }: ModelFleet, ticket: Ticket, { winner, untilMs }: Spares): void {
  // Where it may go changes in other ways, too; and what a slot is worth to others fades, to below what anybody waits for.
  if (ticket.circle !== null || winner.evictMs < fading * backWithinMs) return;
  ticket.spares = { winner: winner.served, cost: winner.cost, untilMs, pass: changes.passes };
}

/** Whether it goes on waiting, as nothing has changed that it could choose differently for. */
export function stillSpares(yard: YardState, { changes, free }: ModelFleet, ticket: Ticket): boolean {
  const { spares } = ticket;
  if (spares === null || yard.nowMs >= spares.untilMs || spares.pass < changes.passes - 1) return false;
  // Whose conversation may go on in the last slot is another question (`queue/last-slot.ts`).
  if (changes.wereMany || changes.areMany || free <= 1) return false;
  if (changes.those.length > 0) {
    const ask = asked(yard, ticket);
    const most = evenCost(spares.cost);
    for (const served of changes.those) {
      if (served === spares.winner) return false;
      if (served.spot.room > 0 && isAsGood(yard, ask, ticket, served, most)) return false;
    }
  }
  spares.pass = changes.passes;
  return true;
}

function isAsGood(yard: YardState, ask: Asked, ticket: Ticket, served: ServedModel, most: number): boolean {
  if (coldCost(ask, served) <= most) return true;
  const { prefix } = ticket;
  if (prefix === null) return false;
  for (const memory of served.memories.values()) {
    if (memory.claimedBy !== null) continue;
    const share = shareHeld(yard, memory, prefix);
    if (share > 0 && weighWarm(ask, ticket, memory, share, 0).cost <= most) return true;
  }
  return false;
}
