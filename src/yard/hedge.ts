/**
 * Second offers. An offer that is not answered soon is made to another machine too, and whoever
 * accepts first has the ticket: a machine that has just fallen asleep costs half a second, not the
 * whole offer deadline. Only the offer is doubled, never the generation.
 */
import type { CancelReason } from '../contract/link/messages.ts';
import { takeHedge } from './budgets.ts';
import { moveHold, takeSlot } from './capacity.ts';
import { choose, foresee } from './routing/choose.ts';
import { decisionOf } from './routing/decision-of.ts';
import type { Machine, Ticket, YardState } from './state.ts';
import { sendCancel, sendOffer } from './tickets.ts';

/** The offer has been out for `hedgeMs`. */
export function hedgeOverdue(yard: YardState, ticket: Ticket): void {
  if (ticket.state.phase !== 'offered' || ticket.hedge !== null) return;
  const choice = choose(yard, ticket, ticket.state.machine);
  const second = choice.best ?? choice.others[0];
  if (second === undefined || !takeHedge(yard)) return;
  const { machine } = second.served;
  ticket.lastAttempt += 1;
  ticket.hedge = { machine, attempt: ticket.lastAttempt };
  const decision = decisionOf(yard, ticket, ticket.lastAttempt, choice, second);
  takeSlot(machine, ticket, ticket.lastAttempt, foresee(choice, second));
  sendOffer(yard, machine, ticket.answer.atMs - yard.nowMs, decision);
}

/** Whether this is the ticket's second offer. */
export function isHedge(ticket: Ticket, machine: Machine, attempt: number): boolean {
  return ticket.hedge?.machine === machine && ticket.hedge.attempt === attempt;
}

/** One of the ticket's offers came to nothing. True when there is another one, which goes on alone. */
export function otherOfferGoesOn(ticket: Ticket, attempt: number): boolean {
  const { hedge } = ticket;
  if (hedge === null) return false;
  ticket.hedge = null;
  if (hedge.attempt !== attempt) {
    ticket.attempt = hedge.attempt;
    ticket.state = { phase: 'offered', machine: hedge.machine };
  }
  return true;
}

/** The second offer is not needed any more. */
export function withdrawHedge(yard: YardState, ticket: Ticket, reason: CancelReason): void {
  const { hedge, requestId } = ticket;
  if (hedge === null) return;
  ticket.hedge = null;
  moveHold(hedge.machine, requestId, hedge.attempt, 'cancelling');
  sendCancel(yard, hedge.machine, requestId, hedge.attempt, reason);
}
