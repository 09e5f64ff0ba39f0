import type { After } from '../session/after.ts';
import { nowMs } from './clock.ts';

/** Everything that is due within one of these is done at its end, ms. */
const stepMs = 50;

const steps = new Map<number, Set<() => void>>();

/**
 * As `afterIdly`, for what thousands want and nobody is in a hurry for: up to 50 ms later than asked, all that is due
 * by then in one go. A process that wakes once for many of them spends less on waking than on the work.
 */
export const afterTogether: After = (delayMs, run) => {
  const now = nowMs();
  const step = Math.ceil((now + delayMs) / stepMs);
  const due = steps.get(step) ?? newStep(step, now);
  // Of its own: the same function may be asked for twice.
  const entry = () => run();
  due.add(entry);
  return () => due.delete(entry);
};

function newStep(step: number, now: number): Set<() => void> {
  const due = new Set<() => void>();
  steps.set(step, due);
  setTimeout(
    () => {
      steps.delete(step);
      for (const run of due) run();
    },
    step * stepMs - now,
  ).unref();
  return due;
}
