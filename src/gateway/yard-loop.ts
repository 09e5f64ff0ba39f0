/**
 * Runs the pure yard in real time: feeds it events one at a time, carries out its effects, wakes it
 * when it asked to be woken. Effects may cause events; those wait their turn.
 */

import type { Time } from '../transport/time.ts';
import type { YardEffect, YardEvent } from '../yard/events.ts';
import { createYard, type step, type YardState } from '../yard/step.ts';

export interface YardLoop {
  readonly state: YardState;
  tell(event: YardEvent): void;
  /** Nothing is heard or done any more. */
  stop(): void;
}

export interface YardLoopOptions {
  readonly time: Time;
  /** The yard's own; what is simulated looks on. */
  readonly step: typeof step;
  carryOut(effect: YardEffect): void;
}

export function runYard({ time, step, carryOut }: YardLoopOptions): YardLoop {
  const { nowMs } = time;
  const state = createYard();
  const waiting: YardEvent[] = [];
  let stepping = false;
  let stopped = false;
  let callOff = (): void => {};
  let timerAtMs = Number.POSITIVE_INFINITY;

  /** A timer that is early wakes the yard for nothing, and is then set anew: cheaper than moving it with every event. */
  const setTimer = (): void => {
    const { wakeAtMs } = state;
    if (wakeAtMs === null || wakeAtMs >= timerAtMs || stopped) return;
    callOff();
    timerAtMs = wakeAtMs;
    callOff = time.after(Math.max(0, wakeAtMs - nowMs()), () => {
      timerAtMs = Number.POSITIVE_INFINITY;
      tell({ type: 'clock-advanced' });
    });
  };

  const tell = (event: YardEvent): void => {
    if (stopped) return;
    if (stepping) return void waiting.push(event);
    stepping = true;
    try {
      for (let next: YardEvent | undefined = event; next !== undefined; next = waiting.shift()) {
        for (const effect of step(state, next, nowMs())) carryOut(effect);
      }
    } finally {
      stepping = false;
    }
    setTimer();
  };

  return {
    state,
    tell,
    stop() {
      stopped = true;
      callOff();
    },
  };
}
