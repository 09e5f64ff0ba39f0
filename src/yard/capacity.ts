/**
 * How many slots a machine has left for a model. The agent alone owns its slots; this is the
 * gateway's best guess, from the machine's last word on its load and from what we ourselves have
 * sent there since:
 *
 *     free = slots - busy with other people's work - held by our offers and tickets
 *
 * Frames of one session arrive in order, so when a machine tells its load, every ticket whose
 * `accept` we have seen is part of that figure, and an offer it has not answered is not. What the
 * accepted tickets do not explain is work we cancelled and it has not stopped yet, then the work
 * of others.
 */
import { observe } from './routing/average.ts';
import { noteChange } from './routing/fleet.ts';
import type { SlotMemory } from './routing/warmth.ts';
import { type Hold, holdKey, type Machine, type ServedModel, type Ticket } from './state.ts';

/** Slots that may be offered now. Never negative. */
export function freeSlots(served: ServedModel): number {
  let held = 0;
  for (const hold of served.machine.holds.values()) if (counts(hold, served)) held += 1;
  const free = Math.max(0, served.slots - served.foreignBusy - held);
  // On trial, one ticket at a time shows whether the machine works again.
  return served.machine.standing.breaker === 'trial' ? Math.min(free, held === 0 ? 1 : 0) : free;
}

/** What is expected of a ticket that takes a slot. Times in ms. */
export interface Foreseen {
  readonly sinceMs: number;
  readonly firstAtMs: number;
  readonly endAtMs: number;
  readonly memory: SlotMemory | null;
}

/** Counts a slot as taken by an offer of the ticket. */
export function takeSlot(machine: Machine, ticket: Ticket, attempt: number, foreseen: Foreseen): void {
  const { sinceMs, firstAtMs, endAtMs, memory } = foreseen;
  if (memory !== null) memory.claimedBy = ticket;
  const hold: Hold = { ticket, attempt, stage: 'offered', sinceMs, firstAtMs, endAtMs, memory };
  machine.holds.set(holdKey(ticket.requestId, attempt), hold);
  noteChange(machine);
}

/** Moves a hold on. A hold that is gone already is not made anew. */
export function moveHold(machine: Machine, requestId: string, attempt: number, stage: Hold['stage']): void {
  const hold = machine.holds.get(holdKey(requestId, attempt));
  if (hold === undefined) return;
  hold.stage = stage;
  noteChange(machine);
}

/** The slot is free again. Returns the model it served, or null if nothing was held. */
export function releaseSlot(machine: Machine, requestId: string, attempt: number, nowMs: number): string | null {
  const key = holdKey(requestId, attempt);
  const hold = machine.holds.get(key);
  if (hold === undefined) return null;
  machine.holds.delete(key);
  machine.workedAtMs = nowMs;
  unclaim(hold);
  noteChange(machine);
  const served = machine.models.get(hold.ticket.model);
  if (served !== undefined) {
    served.waitsForNews = false;
    observe(served.turnMs, nowMs - hold.sinceMs);
  }
  return hold.ticket.model;
}

/** What it was expected to go on from is there for others again. */
export function unclaim({ memory, ticket }: Hold): void {
  if (memory?.claimedBy === ticket) memory.claimedBy = null;
}

/** Takes the machine's word for its load: a report, or a decline that came with figures. Whether it says another thing than we thought. */
export function correctLoad(served: ServedModel, slots: number, busySlots: number): boolean {
  const holds = holdsOf(served);
  const accepted = holds.filter((hold) => hold.stage === 'accepted').length;
  const cancelling = holds.filter((hold) => hold.stage === 'cancelling');
  const unexplained = Math.max(0, busySlots - accepted);
  // Oldest first: the agent stops them in the order in which it was told.
  const stopped = cancelling.slice(0, Math.max(0, cancelling.length - unexplained));
  for (const hold of stopped) hold.stage = 'unconfirmed';
  noteChange(served.machine);
  const foreignBusy = Math.max(0, unexplained - cancelling.length);
  const isAsThought = stopped.length === 0 && served.slots === slots && served.foreignBusy === foreignBusy;
  served.slots = slots;
  served.foreignBusy = foreignBusy;
  return !isAsThought;
}

/** Those that count. */
function holdsOf(served: ServedModel): Hold[] {
  const holds: Hold[] = [];
  for (const hold of served.machine.holds.values()) {
    if (counts(hold, served)) holds.push(hold);
  }
  return holds;
}

function counts(hold: Hold, served: ServedModel): boolean {
  return hold.ticket.model === served.report.id && hold.stage !== 'unconfirmed';
}
