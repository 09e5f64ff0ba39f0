/**
 * The machines that have a model on disk and have not loaded it, by what can be done about that: so that a request for a model which
 * nobody has loaded looks at one of them, not at all.
 */
import { isArmed } from '../deadlines.ts';
import { isFailing, isReliable } from '../standing.ts';
import type { ServedModel } from '../state.ts';
import { usualPromptTokens } from './fleet.ts';
import { loadTimeMs } from './load-time.ts';
import { paceOf } from './pace.ts';
import { SpotHeap } from './spot-heap.ts';

export interface Loadable {
  /** May be asked now, who is the best choice first: those that refused last. */
  readonly askable: SpotHeap;
  /** Were asked, and have not answered. */
  readonly asked: Set<ServedModel>;
  /** Said when to ask again, the first of them first. */
  readonly declined: SpotHeap;
  /** Not heard of in time. */
  readonly unheard: Set<ServedModel>;
}

export const nobodyLoadable = (): Loadable => ({
  askable: new SpotHeap(),
  asked: new Set(),
  declined: new SpotHeap(),
  unheard: new Set(),
});

/** Puts a model that is on disk alone in its place. */
export function placeLoadable({ askable, asked, declined, unheard }: Loadable, served: ServedModel): void {
  const { spot, load } = served;
  if (mayBeAsked(served)) {
    spot.key = choiceKey(served);
    spot.heap = askable;
    askable.put(served);
  } else if (load.isRefused) return;
  else if (load.stage === 'asked') asked.add(served);
  else if (load.stage === 'declined' && isArmed(load.deadline)) {
    spot.key = load.deadline.atMs;
    spot.heap = declined;
    declined.put(served);
  } else unheard.add(served);
}

/** It is another thing now; it was taken out of its heap already. */
export function takeLoadable({ asked, unheard }: Loadable, served: ServedModel): void {
  asked.delete(served);
  unheard.delete(served);
}

/** Whether it is time to ask the machine. */
export function mayBeAsked({ machine, load }: ServedModel): boolean {
  return machine.status === 'live' && load.stage === 'idle' && !isArmed(load.deadline);
}

/** Whoever did not refuse, is well, has room without unloading anything, and will have the first word ready first. Equal: who was known first. */
export function isBetter(one: ServedModel, other: ServedModel): boolean {
  return choiceKey(one) < choiceKey(other);
}

/** No first word takes so long, ms. */
const rankMs = 1e9;
const choiceKey = (served: ServedModel): number => rank(served) * rankMs + firstWordMs(served);

/** Loading, and reading an ordinary prompt there. */
function firstWordMs(served: ServedModel): number {
  return loadTimeMs(served.report) + (usualPromptTokens / paceOf(served).readPerS) * 1_000 * served.machine.slowdown;
}

function rank({ machine, report, load }: ServedModel): number {
  const doubt = isFailing(machine) ? 4 : isReliable(machine) ? 0 : 2;
  return (load.isRefused ? 8 : 0) + doubt + (report.room === 'free' ? 0 : 1);
}
