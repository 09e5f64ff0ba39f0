/** How fast memory goes to swap: what a count that only rises has grown by in the last half minute. Pure. */

/** A moment of the count. */
export interface SwapSample {
  /** By the tool that counts, s. */
  readonly atS: number;
  /** Pages written to swap so far. */
  readonly pages: number;
}

const windowS = 30;

/** The samples that are still needed, and the new one. A count that fell is one that has begun anew. */
export function watched(samples: readonly SwapSample[], next: SwapSample): readonly SwapSample[] {
  const last = samples.at(-1);
  if (last !== undefined && (next.pages < last.pages || next.atS <= last.atS)) return [next];
  // The last one before the window is where it begins.
  const first = samples.findLastIndex(({ atS }) => atS <= next.atS - windowS);
  return [...samples.slice(Math.max(0, first)), next];
}

/** Pages written to swap in the last 30 s; null while it was not watched for as long. */
export function swappedOut(samples: readonly SwapSample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  return first === undefined || last === undefined || last.atS - first.atS < windowS ? null : last.pages - first.pages;
}
