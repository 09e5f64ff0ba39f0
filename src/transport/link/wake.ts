/** Notices that the machine was asleep: its connections are most likely dead, and it does not know yet. */

const lookMs = 2_000;
/** Longer than any pause of a busy process that is still of use. */
const gapMs = 3 * lookMs;

/** Calls back after each sleep, until the returned function is called. */
export function onWake(wake: () => void): () => void {
  // The wall clock goes on during sleep; on Linux the monotonic one does not.
  let lookedAt = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    const gap = now - lookedAt;
    lookedAt = now;
    if (gap > gapMs) wake();
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
