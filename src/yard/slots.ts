/**
 * The agent's side of a ticket: one desk per model, which alone decides who has a slot. Gateways
 * guess and offer; the desk answers. Pure: the real agent and the simulation use the same one.
 *
 *     decide -> begin -> end                 the usual way
 *     decide -> cancel                       cancelled before the engine was asked
 *     decide -> begin -> cancel -> end       the engine is told to stop, then the slot is free
 *
 * A slot is taken from `decide` on (counting the prompt takes time) until `end`. An attempt runs at
 * most once: run again, its output could not be told from that of the first run.
 */
import type { DeclineReason } from '../contract/link/messages.ts';

export interface TicketName {
  readonly requestId: string;
  readonly attempt: number;
}

export type Decision =
  /** A slot is reserved: count the prompt, answer `accept`, `begin`. Or answer a decline and `end`. */
  | { readonly kind: 'accept' }
  | { readonly kind: 'decline'; readonly reason: DeclineReason }
  /** This attempt or a later one was offered before: a stale or repeated offer, to be left unanswered. */
  | { readonly kind: 'ignore' };

export type Cancellation =
  /** The engine had not been asked; the slot is free. Answer `cancelled`. */
  | 'freed'
  /** The engine is at work: stop it, then `end`, then answer `cancelled`. */
  | 'stop'
  /** Nothing by this name is here. Answer `cancelled`: it surely is. */
  | 'unknown';

export interface SlotDesk {
  readonly slots: number;
  /** Slots taken, engines on their way to a stop included. */
  readonly busy: number;
  /**
   * A slot for an offer, if one is free. An earlier attempt of the same request is superseded:
   * it is passed to `onSuperseded`, to be cancelled like any other, before the answer is found.
   */
  decide(offer: TicketName, onSuperseded: (earlier: TicketName) => void): Decision;
  /** Before the engine is asked. False: cancelled in the meantime, leave it. */
  begin(ticket: TicketName): boolean;
  cancel(ticket: TicketName): Cancellation;
  /** The engine is done with it, or it was declined after all. False: it was not here. */
  end(ticket: TicketName): boolean;
  /** Whether output of this ticket is still wanted. */
  isWanted(ticket: TicketName): boolean;
}

/** Requests whose latest attempt is remembered: more than any link can repeat offers of. */
const remembered = 1_000;

type Stage = 'reserved' | 'running' | 'stopping';

/** An empty desk. `slots`: how many generations the engine runs at once. */
export function createSlotDesk({ slots }: { readonly slots: number }): SlotDesk {
  /** By request, then by attempt: superseded attempts stay until their engine has stopped. */
  const held = new Map<string, Map<number, Stage>>();
  /** The latest attempt that was offered, of the requests offered last. */
  const latest = new Map<string, number>();
  let busy = 0;

  const stageOf = ({ requestId, attempt }: TicketName): Stage | undefined => held.get(requestId)?.get(attempt);
  const put = ({ requestId, attempt }: TicketName, stage: Stage): void => {
    const attempts = held.get(requestId) ?? new Map<number, Stage>();
    if (!attempts.has(attempt)) busy += 1;
    held.set(requestId, attempts.set(attempt, stage));
  };
  const free = ({ requestId, attempt }: TicketName): boolean => {
    const attempts = held.get(requestId);
    if (attempts === undefined || !attempts.delete(attempt)) return false;
    busy -= 1;
    if (attempts.size === 0) held.delete(requestId);
    return true;
  };
  const remember = ({ requestId, attempt }: TicketName): void => {
    // Taken out first, so that the Map's order is that of the offers.
    latest.delete(requestId);
    latest.set(requestId, attempt);
    if (latest.size > remembered) latest.delete(latest.keys().next().value!);
  };

  return {
    slots,
    get busy() {
      return busy;
    },
    decide(offer, onSuperseded) {
      const { requestId, attempt } = offer;
      if (attempt <= (latest.get(requestId) ?? 0)) return { kind: 'ignore' };
      remember(offer);
      for (const earlier of [...(held.get(requestId)?.keys() ?? [])]) onSuperseded({ requestId, attempt: earlier });
      if (busy >= slots) return { kind: 'decline', reason: { code: 'busy', busySlots: busy, slots } };
      put(offer, 'reserved');
      return { kind: 'accept' };
    },
    begin(ticket) {
      if (stageOf(ticket) !== 'reserved') return false;
      put(ticket, 'running');
      return true;
    },
    cancel(ticket) {
      const stage = stageOf(ticket);
      if (stage === undefined) return 'unknown';
      if (stage === 'reserved') {
        free(ticket);
        return 'freed';
      }
      put(ticket, 'stopping');
      return 'stop';
    },
    end: free,
    isWanted(ticket) {
      const stage = stageOf(ticket);
      return stage === 'reserved' || stage === 'running';
    },
  };
}
