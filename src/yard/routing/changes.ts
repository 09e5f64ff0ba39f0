/**
 * Which machines of a model have changed since those who wait for it were last gone through, a few of them: whoever waits by choice need
 * look at these alone.
 */
import type { ServedModel } from '../state.ts';
import type { ModelFleet } from './fleet.ts';

export interface Changes {
  readonly those: ServedModel[];
  /** There were more than are kept. */
  areMany: boolean;
  /** Passes so far. */
  passes: number;
  /** Of the present pass: how many of `those` were there at its beginning, and whether there were more. */
  known: number;
  wereMany: boolean;
}

/** More than this and it is quicker to look at everything anew. */
const most = 8;

export const noChanges = (): Changes => ({ those: [], areMany: false, passes: 0, known: 0, wereMany: false });

export function noteChanged({ changes }: ModelFleet, served: ServedModel): void {
  if (changes.areMany) return;
  if (changes.those.length < most) changes.those.push(served);
  else changes.areMany = true;
}

/** Those who wait are gone through. */
export function beginPass({ changes }: ModelFleet): void {
  changes.passes += 1;
  changes.wereMany = changes.areMany;
  if (changes.areMany) changes.those.length = 0;
  changes.areMany = false;
  changes.known = changes.those.length;
}

/** What has changed in it is for the next one as well: whoever was in front did not see it. */
export function endPass({ changes }: ModelFleet): void {
  changes.those.splice(0, changes.known);
  changes.known = 0;
  changes.wereMany = false;
}
