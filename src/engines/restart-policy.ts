/**
 * When a crashed engine may start again: back-off from 1 s to 60 s, at most five starts in ten
 * minutes, then never (quarantine), so that a model that kills its engine does not spin.
 */
const windowMs = 10 * 60_000;
const startsPerWindow = 5;

/**
 * `crashesMs`: monotonic times of past crashes, oldest first, the newest being now. Returns ms to
 * wait, or `quarantine`.
 */
export function restartDelay(crashesMs: readonly number[], nowMs: number): number | 'quarantine' {
  const recent = crashesMs.filter((atMs) => nowMs - atMs < windowMs).length;
  if (recent >= startsPerWindow) return 'quarantine';
  return Math.min(60_000, 1_000 * 2 ** Math.max(0, recent - 1));
}
