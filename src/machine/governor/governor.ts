/**
 * Decides, from live pressure, whether this machine admits work, stops admitting, or gives its memory
 * back. Pure: samples and time are arguments.
 *
 * Stopping is quick and starting again is slow, so that a machine under changing load does not flap:
 * between two changes of `admits` lie at least `holdMs`. Only the hard level may cut that short,
 * because then the owner's programs are about to suffer. A machine that is pressed again soon after it
 * started to admit waits twice as long the next time: most likely our own model was the pressure.
 */
import type { PressureSign } from '../../landmines/index.ts';

/** Calm that must last before work is admitted again, and the least time between two changes, ms. */
export const holdMs = 60_000;
const longestHoldMs = 16 * holdMs;
/** Pressed again this soon after starting to admit, the next hold is doubled. */
const relapseMs = 5 * holdMs;
/** A critical sign must be seen twice before models are unloaded: one may be a spike. */
const hardSamples = 2;

export interface GovernorState {
  readonly admits: boolean;
  /** Models are unloaded, whatever they are doing, and stay so until work is admitted again. */
  readonly unloads: boolean;
  /** Why it is as it is; empty while all is well. */
  readonly because: string;
}

export interface Governor {
  readonly state: GovernorState;
  /** Takes one sample; true when the state changed. Samples come at the rhythm of heartbeats. */
  sample(sign: PressureSign, nowMs: number): boolean;
}

const open: GovernorState = { admits: true, unloads: false, because: '' };

export function createGovernor(): Governor {
  let state = open;
  let changedMs = Number.NEGATIVE_INFINITY;
  let pressedMs = Number.NEGATIVE_INFINITY;
  let currentHoldMs = holdMs;
  let criticals = 0;

  const whileAdmitting = (sign: PressureSign, nowMs: number): GovernorState =>
    sign.level !== 'normal' && nowMs - changedMs >= holdMs
      ? { admits: false, unloads: false, because: sign.because }
      : state;

  const whileStopped = (nowMs: number): GovernorState =>
    nowMs - pressedMs >= currentHoldMs && nowMs - changedMs >= currentHoldMs ? open : state;

  const next = (sign: PressureSign, nowMs: number): GovernorState => {
    if (criticals >= hardSamples) return { admits: false, unloads: true, because: sign.because };
    return state.admits ? whileAdmitting(sign, nowMs) : whileStopped(nowMs);
  };

  return {
    get state() {
      return state;
    },
    sample(sign, nowMs) {
      criticals = sign.level === 'critical' ? criticals + 1 : 0;
      if (sign.level !== 'normal') pressedMs = nowMs;
      const before = state;
      state = next(sign, nowMs);
      if (state.admits !== before.admits) {
        const relapsed = !state.admits && nowMs - changedMs < relapseMs;
        if (!state.admits) currentHoldMs = relapsed ? Math.min(currentHoldMs * 2, longestHoldMs) : holdMs;
        changedMs = nowMs;
      }
      return state.admits !== before.admits || state.unloads !== before.unloads;
    },
  };
}
