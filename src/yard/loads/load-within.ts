/**
 * Requests that may not run everywhere wait for a model that none of their machines has loaded: one of those machines is asked to
 * load it, whoever else serves it.
 */
import { type Circle, placesIn } from '../routing/circles.ts';
import { arrange } from '../routing/fleet.ts';
import { isBetter, mayBeAsked } from '../routing/loadable.ts';
import type { ModelQueue, ServedModel, YardState } from '../state.ts';
import { askToLoad } from './see-to-load.ts';

/** Machines that are looked at, of those that could load it: one that is good enough will do. */
const mostLooked = 64;

/** Asks where that is right; returns how many of those who wait in the queue are such. The fleet of the model is arranged. */
export function loadWithin(yard: YardState, { model, confined }: ModelQueue): number {
  let waiting = 0;
  for (const [circle, those] of confined) {
    waiting += those.waiting;
    const best = whoToAskWithin(circle, model);
    if (best === null) continue;
    askToLoad(yard, best);
    // The next may count on the same load.
    arrange(yard);
  }
  return waiting;
}

/** The machine of the circle that should be asked now; null: none should, or one serves it, or will. */
export function whoToAskWithin(circle: Circle, model: string): ServedModel | null {
  const { open, full, silent, coming, available, refusing } = placesIn(circle, model);
  if (open.size + full.size + silent.size + coming.size > 0) return null;
  return bestOf(available) ?? (available.size > 0 ? null : bestOf(refusing));
}

function bestOf(available: ReadonlySet<ServedModel>): ServedModel | null {
  let best: ServedModel | null = null;
  let left = mostLooked;
  for (const served of available) {
    if (left === 0) break;
    left -= 1;
    if (mayBeAsked(served) && (best === null || isBetter(served, best))) best = served;
  }
  return best;
}
