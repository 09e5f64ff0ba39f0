/**
 * Whether another process (`metalyard keys`, `metalyard alias`) has written to the store. Asking SQLite takes some
 * microseconds, and a busy gateway would ask for each request, twice: it is asked once in `lookMs`. So what another
 * process has changed is in force that much later at the latest.
 */
import type { DatabaseSync } from 'node:sqlite';

/** A key that was revoked may be used for so much longer, ms. */
export const lookMs = 50;

export class StoreVersion {
  readonly #ask: () => unknown;
  readonly #nowMs: () => number;
  #known: unknown;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  /** `nowMs`: of a monotonic clock. */
  constructor(database: DatabaseSync, nowMs: () => number) {
    const version = database.prepare('pragma data_version');
    this.#ask = () => version.get()?.data_version;
    this.#nowMs = nowMs;
  }

  /** Another value than before: somebody else has written. What this process writes changes nothing. */
  current(): unknown {
    const now = this.#nowMs();
    if (now - this.#askedAtMs >= lookMs) {
      this.#askedAtMs = now;
      this.#known = this.#ask();
    }
    return this.#known;
  }
}
