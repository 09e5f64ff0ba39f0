/** A cancel waits for the chunk being read; 150 ms are promised, and the machine may get busy. */
const chunkTargetMs = 50;
/**
 * With flash attention, llama.cpp works on tiles of 64 prompt tokens on a CPU and falls back to a slow
 * path below: at a depth of 7,000 tokens the shipped model takes 151 ms for 64 and 203 ms for 32.
 */
export const flashTileTokens = 64;
/** Without it any number costs about the same per token (8: 3.3 ms, 512: 3.4 ms at the same depth). */
export const plainTileTokens = 8;
/** Going below a tile costs several times the work: only for machines so slow that one takes a second. */
const tileLimitMs = 1_000;
const smallestChunk = 8;

/**
 * How many prompt tokens to read at once: as many as take about 50 ms at the speed just seen, in whole
 * tiles. A fixed chunk would be slow to cancel on a weak machine (256 tokens of a 7B model on a CPU take
 * over ten seconds), deep in a prompt or while others use the cores, and wasteful on a strong one.
 */
export class PrefillPace {
  #tokens: number;
  readonly #largest: number;
  readonly #tile: number;

  constructor({ largest, tile }: { readonly largest: number; readonly tile: number }) {
    this.#largest = largest;
    this.#tile = tile;
    this.#tokens = Math.min(flashTileTokens, largest);
  }

  get chunkTokens(): number {
    return this.#tokens;
  }

  /** Tells that a chunk of `tokens` took `elapsedMs`. */
  observe(tokens: number, elapsedMs: number): void {
    if (tokens < smallestChunk) return; // the tail of a prompt says little about speed
    const tokensPerMs = tokens / Math.max(elapsedMs, 0.1);
    const tiles = Math.floor((tokensPerMs * chunkTargetMs) / this.#tile);
    if (tiles >= 1) this.#tokens = Math.min(tiles * this.#tile, this.#tokens * 4, this.#largest);
    else if (this.#tile / tokensPerMs <= tileLimitMs) this.#tokens = Math.min(this.#tile, this.#largest);
    else this.#tokens = Math.max(smallestChunk, Math.floor(tokensPerMs * chunkTargetMs));
  }
}
