/**
 * A client that reads its answer at its own pace, and what it has not read of it: the gateway's side of
 * that is what `gateway/http/stream-answer.ts` does.
 */
import { limits } from '../contract/limits.ts';
import type { Oracles } from './oracles.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Timeline } from './timeline.ts';

export interface ReaderSurroundings {
  readonly timeline: Timeline;
  /** The gateway's. */
  readonly clock: ProcessClock;
  readonly oracles: Oracles;
  /** What may still come of an answer once its client is behind, pieces. */
  readonly aheadPieces: number;
  /** The client has read what filled the stream; the stream is full; the client is to be given up. */
  onRoom(): void;
  onHeldUp(): void;
  onCut(): void;
}

/** Unread pieces above which the machine is to wait. */
const softPieces = 4;
/** How often the gateway looks, ms. */
const tickMs = 1_000;

export class SimulatedReader {
  readonly #requestId: string;
  /** For each piece, ms. */
  readonly #readMs: number;
  readonly #world: ReaderSurroundings;
  #unread = 0;
  #isFull = false;
  #isReading = false;
  #isWatched = false;
  #isOver = false;
  #readAtMs = 0;

  constructor(requestId: string, readMs: number, world: ReaderSurroundings) {
    this.#requestId = requestId;
    this.#readMs = readMs;
    this.#world = world;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** A piece is written to the client. */
  write(): void {
    if (this.#readMs === 0) return;
    if (this.#unread === 0) this.#readAtMs = this.#world.clock.nowMs;
    this.#unread += 1;
    // What was on its way when the client fell behind comes on top.
    this.#world.oracles.unread(this.#requestId, this.#unread, softPieces + this.#world.aheadPieces);
    if (this.#unread > softPieces) this.#isFull = true;
    this.#read();
    this.#watch();
  }

  /** The answer is over, or its client gone. */
  end(): void {
    this.#isOver = true;
  }

  #read(): void {
    const { timeline, clock, onRoom } = this.#world;
    if (this.#isReading || this.#unread === 0 || this.#readMs === Number.POSITIVE_INFINITY) return;
    this.#isReading = true;
    timeline.after(this.#readMs, () => {
      this.#isReading = false;
      this.#unread -= 1;
      this.#readAtMs = clock.nowMs;
      this.#read();
      if (!this.#isFull || this.#unread > softPieces / 2) return;
      clock.whenAwake(() => {
        if (this.#isOver || !this.#isFull) return;
        this.#isFull = false;
        onRoom();
      });
    });
  }

  #watch(): void {
    const { clock, onHeldUp, onCut } = this.#world;
    if (this.#isWatched) return;
    this.#isWatched = true;
    clock.after(tickMs, () => {
      this.#isWatched = false;
      if (this.#isOver || this.#unread === 0) return;
      if (this.#isFull) onHeldUp();
      if (clock.nowMs - this.#readAtMs >= limits.clientStallMs) onCut();
      else this.#watch();
    });
  }
}
