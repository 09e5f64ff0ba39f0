/** Randomness from a seed: the same seed makes the same case again, on any computer. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  below(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** True once in `times`. */
  onceIn(times: number): boolean;
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const below = (most: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
  return {
    below,
    pick<Item>(items: readonly Item[]) {
      // Never called with an empty list.
      return items[below(items.length)] as Item;
    },
    onceIn: (times) => below(times) === 0,
  };
}
