/**
 * Decides when an engine child that still exists must be taken for dead. Pure: the time is an argument.
 *
 * Two silences count. A child whose event loop answers nothing is stopped or hung; one that answers
 * pings but makes no progress on a call for a long time is hung in native code. Time in which the child
 * wanted a processor and got none, or in which we ourselves got none, is no silence: a machine that is
 * short of processors has nothing wrong with it that a new engine would mend.
 */
export interface WatchLimits {
  /** A running child answers a ping within this. */
  readonly answerMs: number;
  /** Loading maps and copies gigabytes on the loop's own thread. */
  readonly loadingAnswerMs: number;
  /** The most that is forgiven for want of a processor: somebody waits for an answer. */
  readonly starvedMs: number;
  /** The slowest machines read a chunk or write a token well within this. */
  readonly progressMs: number;
  /** Loading reports progress; a graphics driver may compile for minutes in between. */
  readonly loadingProgressMs: number;
}

export const watchLimits: WatchLimits = {
  answerMs: 4_500,
  loadingAnswerMs: 120_000,
  starvedMs: 30_000,
  progressMs: 60_000,
  loadingProgressMs: 600_000,
};

/** Ticks come this often; each sends a ping. */
export const watchIntervalMs = 1_000;

export class EngineWatch {
  readonly #limits: WatchLimits;
  #loading = true;
  #heardMs: number;
  #tickMs: number;
  /** What the child had waited for a processor in all at the last tick, and since it was heard last, ms. */
  #waitedMs = 0;
  #starvedMs = 0;
  /** When each running call last got on; the load is the call 0. */
  readonly #progressMs = new Map<number, number>();

  constructor(limits: WatchLimits, nowMs: number) {
    this.#limits = limits;
    this.#heardMs = nowMs;
    this.#tickMs = nowMs;
    this.#progressMs.set(0, nowMs);
  }

  /** Any message came. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#starvedMs = 0;
  }

  /** A call began or got on; call 0 is the load. */
  progress(callId: number, nowMs: number): void {
    this.#progressMs.set(callId, nowMs);
  }

  ended(callId: number): void {
    this.#progressMs.delete(callId);
    if (callId === 0) this.#loading = false;
  }

  /**
   * Null, or why the child must be killed. `waitedMs`: how long its event loop has wanted a processor since its start and
   * got none; null where that is not known.
   */
  tick(nowMs: number, waitedMs: number | null): string | null {
    const lateMs = nowMs - this.#tickMs - watchIntervalMs;
    this.#tickMs = nowMs;
    if (waitedMs !== null) {
      this.#starvedMs += waitedMs - this.#waitedMs;
      this.#waitedMs = waitedMs;
    }
    if (lateMs > 0) {
      // We ourselves stood still (the machine slept, or this process was busy): the child gets that time too.
      this.#heardMs += lateMs;
      for (const [callId, atMs] of this.#progressMs) this.#progressMs.set(callId, atMs + lateMs);
    }
    const answerMs = this.#loading ? this.#limits.loadingAnswerMs : this.#limits.answerMs;
    const forgivenMs = Math.min(this.#starvedMs, this.#limits.starvedMs);
    if (nowMs - this.#heardMs - forgivenMs > answerMs)
      return `it answered nothing for ${seconds(nowMs - this.#heardMs)}`;
    for (const [callId, atMs] of this.#progressMs) {
      const allowedMs = callId === 0 ? this.#limits.loadingProgressMs : this.#limits.progressMs;
      if (nowMs - atMs > allowedMs) return `it made no progress for ${seconds(nowMs - atMs)}`;
    }
    return null;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
