import type { After } from '../session/after.ts';
import { nowMs } from './clock.ts';

/** Everything that is due within one of these is done at its end, ms. */
const stepMs = 50;

interface Entry {
  run(): void;
}

const steps = new Map<number, Entry[]>();
const nothing = (): void => {};

/**
 * As `afterIdly`, for what thousands want and nobody is in a hurry for: up to 50 ms later than asked, all that is due
 * by then in one go. A process that wakes once for many of them spends less on waking than on the work.
 */
export const afterTogether: After = (delayMs, run) => {
  const now = nowMs();
  const step = Math.ceil((now + delayMs) / stepMs);
  const due = steps.get(step) ?? newStep(step, now);
  const entry: Entry = { run };
  due.push(entry);
  return () => {
    entry.run = nothing;
  };
};

function newStep(step: number, now: number): Entry[] {
  const due: Entry[] = [];
  steps.set(step, due);
  setTimeout(
    () => {
      steps.delete(step);
      for (const entry of due) entry.run();
    },
    step * stepMs - now,
  ).unref();
  return due;
}
