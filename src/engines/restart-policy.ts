/**
 * When a crashed engine may start again: back-off from 1 s to 60 s, at most five starts in ten
 * minutes, then half an hour of quarantine, so that a model that kills its engine does not spin.
 */
const windowMs = 10 * 60_000;
const startsPerWindow = 5;
const quarantineMs = 30 * 60_000;

export interface Restart {
  /** Until the next start, ms. */
  readonly delayMs: number;
  /** Long enough that nobody should wait for it. */
  readonly quarantined: boolean;
}

/** `crashesMs`: monotonic times of past crashes, oldest first, the newest being now. */
export function nextRestart(crashesMs: readonly number[], nowMs: number): Restart {
  const recent = crashesMs.filter((atMs) => nowMs - atMs < windowMs).length;
  if (recent >= startsPerWindow) return { delayMs: quarantineMs, quarantined: true };
  return { delayMs: Math.min(60_000, 1_000 * 2 ** Math.max(0, recent - 1)), quarantined: false };
}
