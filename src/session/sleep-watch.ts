/** Notices that the machine was asleep: its connections are most likely dead, and it does not know yet. */
import type { After } from './after.ts';

const lookMs = 2_000;
/** Longer than any pause of a busy process that is still of use. */
const gapMs = 3 * lookMs;

/**
 * Calls back after each sleep, until the returned function is called. `wallMs` is the wall clock, which
 * goes on during sleep; the clock of `after` need not. A wall clock that was set forward looks like a
 * sleep too: that costs a reconnect.
 */
export function watchForSleep(after: After, wallMs: () => number, wake: () => void): () => void {
  let lookedAtMs = wallMs();
  let stop = (): void => {};
  const look = (): void => {
    stop = after(lookMs, () => {
      const nowMs = wallMs();
      const isLate = nowMs - lookedAtMs > gapMs;
      lookedAtMs = nowMs;
      look();
      if (isLate) wake();
    });
  };
  look();
  return () => stop();
}
