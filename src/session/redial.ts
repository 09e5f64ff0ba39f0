import { limits } from '../contract/limits.ts';

/** Ceilings of the waiting time: while a session waits, and after that, ms. */
const urgentMs = 1_000;
const patientMs = 8_000;

/**
 * Waiting time before the next try, ms: exponential from 0.5 s with full jitter, so that a fleet does
 * not come back in one wave, and never so long that a gateway is missed for more than some seconds.
 * `heartbeatMs`: of the session that waits for its connection, undefined when none does; a fleet that was told to beat
 * more slowly is a large one and takes longer to come back. `random` in [0, 1).
 */
export function redialDelayMs(failures: number, heartbeatMs: number | undefined, random: number): number {
  const soonMs = heartbeatMs === undefined ? patientMs : (urgentMs * heartbeatMs) / limits.heartbeatMs;
  const ceiling = Math.min(soonMs, patientMs, 500 * 2 ** Math.min(failures, 10));
  return Math.round(random * ceiling);
}
