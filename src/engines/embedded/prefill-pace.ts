/** A cancel waits for the chunk being read; 150 ms are promised, and the machine may be busy. */
const chunkTargetMs = 80;
/**
 * llama.cpp's CPU attention works on tiles of 64 prompt tokens and falls back to a slow path below:
 * the shipped model reads 1,754 tokens/s in chunks of 64 and 882 in chunks of 32 (2 threads).
 */
const tileTokens = 64;
/**
 * One tile may take this long before smaller chunks are worth their price. Deep in a long prompt a
 * tile of the shipped model takes longer than the target (146 ms at 12,500 tokens), and smaller
 * chunks make it far worse: 8 tokens take 75 ms there. With a limit of 130 ms, 12,500 tokens took
 * 32 s instead of 15, and a Claude Code prompt never ended. A large model on a CPU is above it.
 */
const tileLimitMs = 1_000;
const smallestChunk = 8;

/**
 * How many prompt tokens to read at once: as many as take about 80 ms at the speed just seen.
 * A fixed chunk would be slow to cancel on a weak machine (256 tokens of a 7B model on a CPU take
 * over ten seconds) and wasteful on a strong one.
 */
export class PrefillPace {
  #tokens = tileTokens;
  readonly #largest: number;

  constructor(largestChunk: number) {
    this.#largest = largestChunk;
  }

  get chunkTokens(): number {
    return this.#tokens;
  }

  /** Tells that a chunk of `tokens` took `elapsedMs`. */
  observe(tokens: number, elapsedMs: number): void {
    if (tokens < smallestChunk) return; // the tail of a prompt says little about speed
    const tokensPerMs = tokens / Math.max(elapsedMs, 0.1);
    const tiles = Math.floor((tokensPerMs * chunkTargetMs) / tileTokens);
    if (tiles >= 1) this.#tokens = Math.min(tiles * tileTokens, this.#tokens * 4, this.#largest);
    else if (tileTokens / tokensPerMs <= tileLimitMs) this.#tokens = Math.min(tileTokens, this.#largest);
    else this.#tokens = Math.max(smallestChunk, Math.floor(tokensPerMs * chunkTargetMs));
  }
}
