/** What is kept stays within bounds. */
import { limits } from '../contract/limits.ts';
import { isVoid, type YardState } from '../yard/state.ts';
import { keyIds } from './plan.ts';
import { Violation } from './violation.ts';

/** Slots of one model on one machine, see `yard-world.ts`. */
const mostSlots = 4;
/** Requests that may wait at once: for each model as many as its slots allow, and one of each key beyond. */
function mayWait(machines: number): number {
  const { queuedAtLeast, queuedPerSlot } = limits;
  return 2 * (Math.max(queuedAtLeast, queuedPerSlot * mostSlots * machines) + keyIds.length);
}

/** Nothing grows beyond what the machines and the requests in hand explain. */
export function checkBounds(yard: YardState, machines: number, sessions: number, inHand: number): void {
  const check = (what: string, count: number, most: number): void => {
    if (count > most) throw new Violation(`${count} ${what} are kept, at most ${most} can be of use`);
  };
  check('machines', yard.machines.size, machines);
  check('sessions', sessions, machines);
  check('journals', inHand, yard.tickets.size);
  check('waiting requests', yard.waiting, mayWait(machines) + comingBack(yard));
  check('suspects', yard.suspects.size, limits.suspects);
  for (const { machineId, holds } of yard.machines.values()) {
    let voidHolds = 0;
    for (const hold of holds.values()) if (isVoid(hold)) voidHolds += 1;
    check(`void tickets of ${machineId}`, voidHolds, 1_000);
  }
}

/** Tickets that had a place already keep it beyond the limit. */
function comingBack(yard: YardState): number {
  let count = 0;
  for (const ticket of yard.tickets.values()) {
    if (ticket.state.phase === 'queued' && ticket.lastAttempt > 0) count += 1;
  }
  return count;
}

/** What one end of a session keeps for the other. */
export function checkHeld(who: string, bytes: number, limitBytes: number): void {
  if (bytes > limitBytes) throw new Violation(`${who} keeps ${bytes} bytes for the other end, ${limitBytes} may be`);
}
