/**
 * Shares the places of one batch among what is waiting: everyone who needs one token (a running
 * answer) gets it first, the rest is split evenly among the prompts being read, small ones whole.
 *
 * @param waiting tokens each one has ready, all >= 1
 * @param places tokens the batch holds; at least one per waiting sequence
 * @returns tokens granted, in the order of `waiting`
 */
export function shareBatch(waiting: readonly number[], places: number): number[] {
  const granted = new Array<number>(waiting.length).fill(0);
  const smallestFirst = waiting.map((_, index) => index).sort((a, b) => waiting[a]! - waiting[b]!);
  let left = places;
  smallestFirst.forEach((index, position) => {
    const fairShare = Math.floor(left / (smallestFirst.length - position));
    granted[index] = Math.min(waiting[index]!, fairShare);
    left -= granted[index]!;
  });
  return granted;
}
