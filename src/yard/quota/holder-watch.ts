/**
 * Which gateways that hold permits are gone. Each counts up in the store every two seconds (`permitBeatMs`); whoever wants what another
 * holds looks at that count. One that has not changed in ten looks is gone: no clocks are compared, and a watcher that slept, or
 * whose clock was set, has only looked once more.
 */

/** Looks that come closer together count as one, ms. */
const apartMs = 1_500;
/** Ten of them are 15 s at least, as long as a silent machine counts as there. */
const looks = 10;

interface Watched {
  beats: number;
  unchanged: number;
  lookedAtMs: number;
}

export class HolderWatch {
  readonly #holders = new Map<string, Watched>();

  /** Whether this holder, whose count was just read, is gone. */
  isGone(holder: string, beats: number, nowMs: number): boolean {
    const known = this.#holders.get(holder);
    if (known === undefined || known.beats !== beats) {
      this.#holders.set(holder, { beats, unchanged: 0, lookedAtMs: nowMs });
      return false;
    }
    if (Math.abs(nowMs - known.lookedAtMs) >= apartMs) {
      known.lookedAtMs = nowMs;
      known.unchanged += 1;
    }
    if (known.unchanged < looks) return false;
    this.#holders.delete(holder);
    return true;
  }
}
