/** How much room there is for a model: on one machine, and on all that serve it (`routing/fleet.ts` keeps the sums). */
import { freeSlots } from './capacity.ts';
import { isArmed } from './deadlines.ts';
import { arrange, fleetOf } from './routing/fleet.ts';
import type { ServedModel, YardState } from './state.ts';

/** Whether any machine could take one more ticket for the model. */
export function hasRoom(yard: YardState, model: string): boolean {
  return roomFor(yard, model).free > 0;
}

/** Slots for the model on all machines together, and how many of them may be offered now. */
export function roomFor(yard: YardState, model: string): { readonly slots: number; readonly free: number } {
  arrange(yard);
  return fleetOf(yard, model);
}

/** Slots that may be offered now. */
export function roomOf(served: ServedModel): number {
  return served.waitsForNews || isArmed(served.quiet) ? 0 : freeSlots(served);
}
