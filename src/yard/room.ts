/** Where a model can be served now, and how much room there is for it. */
import { freeSlots } from './capacity.ts';
import { isArmed } from './deadlines.ts';
import type { Machine, ServedModel, YardState } from './state.ts';

/** The model on a machine that would take a ticket for it if it had room; else null. */
export function servingNow({ status, draining, held, pressed, models }: Machine, model: string): ServedModel | null {
  if (status !== 'live' || draining || held || pressed !== null) return null;
  const served = models.get(model);
  return served?.report.status === 'ready' && served.unavailable === null ? served : null;
}

/** Whether any machine could take one more ticket for the model. */
export function hasRoom(yard: YardState, model: string): boolean {
  for (const machine of yard.machines.values()) {
    const served = servingNow(machine, model);
    if (served !== null && roomOf(served) > 0) return true;
  }
  return false;
}

/** Slots for the model on all machines together, and how many of them may be offered now. */
export function roomFor(yard: YardState, model: string): { readonly slots: number; readonly free: number } {
  let slots = 0;
  let free = 0;
  for (const machine of yard.machines.values()) {
    const served = servingNow(machine, model);
    if (served === null) continue;
    slots += served.slots;
    free += roomOf(served);
  }
  return { slots, free };
}

/** Slots that may be offered now. */
export function roomOf(served: ServedModel): number {
  return served.waitsForNews || isArmed(served.quiet) ? 0 : freeSlots(served);
}
