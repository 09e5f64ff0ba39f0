/** Everything that a process does by the clock, in one place: what is simulated is given another time. */
import type { After } from '../session/after.ts';
import { afterIdly } from './after-idly.ts';
import { nowMs } from './clock.ts';

export interface Time {
  /** Integer ms of a clock that never jumps. */
  nowMs(): number;
  /** Epoch ms, of the clock that people look at: it is set now and then. */
  wallMs(): number;
  /** Keeps no process alive. */
  readonly after: After;
  /** At the end of this turn of the event loop; returns how to call it off. */
  soon(run: () => void): () => void;
}

export const realTime: Time = {
  nowMs,
  wallMs: Date.now,
  after: afterIdly,
  soon(run) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

/** Resolves when this turn of the event loop is over, and with it all that waits for nothing but promises. */
export const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
