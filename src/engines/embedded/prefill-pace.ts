/** A cancel waits for the chunk being read; 150 ms are promised, and the machine may be busy. */
const chunkTargetMs = 40;
const smallestChunk = 8;

/**
 * How many prompt tokens to read at once: as many as take about 40 ms at the speed just seen.
 * A fixed chunk would be slow to cancel on a weak machine (256 tokens of a 7B model on a CPU take
 * over ten seconds) and wasteful on a strong one.
 */
export class PrefillPace {
  #tokens = 64;
  readonly #largest: number;

  constructor(largestChunk: number) {
    this.#largest = largestChunk;
  }

  get chunkTokens(): number {
    return this.#tokens;
  }

  /** Tells that a chunk of `tokens` took `elapsedMs`; a change by more than four times is taken in steps. */
  observe(tokens: number, elapsedMs: number): void {
    if (tokens < smallestChunk) return; // the tail of a prompt says little about speed
    const ideal = (tokens / Math.max(elapsedMs, 0.1)) * chunkTargetMs;
    const bounded = Math.min(Math.max(ideal, this.#tokens / 4), this.#tokens * 4);
    this.#tokens = Math.max(smallestChunk, Math.min(this.#largest, Math.round(bounded)));
  }
}
