import { watchForSleep } from '../../session/sleep-watch.ts';
import { afterIdly } from '../after-idly.ts';

/** Calls back after each sleep of this machine, until the returned function is called. */
export function onWake(wake: () => void): () => void {
  // On Linux the monotonic clock stands still during sleep.
  return watchForSleep(afterIdly, Date.now, wake);
}
