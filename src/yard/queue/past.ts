/**
 * What those who wait for a model have waited for, in stretches: for `metalyard explain`. It is the same for all who wait, so
 * the queue keeps it, the latest stretches. Those who are kept to some machines wait for others, and are not told of it.
 */
import type { ModelQueue } from '../state.ts';

/** `full`: machines that serve it have no slot. `loading`: one loads it. `not-loaded`: none does. `absent`: nobody has it. */
export type WaitedFor = 'full' | 'loading' | 'not-loaded' | 'absent';

export interface Stretch {
  readonly sinceMs: number;
  readonly state: WaitedFor;
  /** A machine's name, or why none loads it, as a sentence. */
  readonly because: string | null;
}

/** A part of a wait. */
export interface Waited {
  readonly state: WaitedFor;
  readonly because: string | null;
  readonly ms: number;
}

/** Stretches that are kept. A machine that makes room says something new every second. */
const mostStretches = 8;

/** How things are now for those who wait. */
export function noteWait(
  { past }: Pick<ModelQueue, 'past'>,
  state: WaitedFor,
  because: string | null,
  nowMs: number,
): void {
  const last = past.at(-1);
  if (last?.state === state && last.because === because) return;
  past.push({ sinceMs: nowMs, state, because });
  if (past.length > mostStretches) past.shift();
}

/** What a wait since then was for, the earliest first. What was before the stretches that are kept is left out. */
export function waitedSince({ past }: Pick<ModelQueue, 'past'>, sinceMs: number, nowMs: number): readonly Waited[] {
  return past.flatMap(({ state, because, ...stretch }, index) => {
    const ms = (past[index + 1]?.sinceMs ?? nowMs) - Math.max(stretch.sinceMs, sinceMs);
    return ms <= 0 ? [] : [{ state, because, ms }];
  });
}
