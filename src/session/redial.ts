/** Ceilings of the waiting time: while a session waits for its connection, and after that, ms. */
const urgentMs = 1_000;
const patientMs = 12_000;

/**
 * Waiting time before the next try, ms: exponential from 0.5 s with full jitter, so that a fleet does
 * not come back in one wave, and never so long that a gateway is missed for more than some seconds.
 * `random` in [0, 1).
 */
export function redialDelayMs(failures: number, isUrgent: boolean, random: number): number {
  const ceiling = Math.min(isUrgent ? urgentMs : patientMs, 500 * 2 ** Math.min(failures, 10));
  return Math.round(random * ceiling);
}
