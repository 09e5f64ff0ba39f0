import type { After } from '../session/after.ts';

/** A timer that does not keep the process alive. */
export const afterIdly: After = (delayMs, run) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};
