/**
 * What those who wait for a model have waited for, in stretches: for `metalyard explain`. It is the same for all who wait, so
 * the queue keeps it, the latest stretches. Those who are kept to some machines wait for others, and are not told of it.
 */
import type { ModelQueue, Ticket } from '../state.ts';

/**
 * `full`: machines that serve it have no slot. `last-slot`: they have some, and these are left to other keys (`last-slot.ts`). `loading`: one loads it. `not-loaded`: none does. `absent`: nobody has it.
 */
export type WaitedFor = 'full' | 'last-slot' | 'loading' | 'not-loaded' | 'absent';

export interface Stretch {
  readonly sinceMs: number;
  readonly state: WaitedFor;
  /** A machine's name, or why none loads it, as a sentence. */
  readonly because: string | null;
  /** Of `last-slot`: the keys that leave it. For others there was no slot. */
  readonly keys: readonly string[];
}

/** A part of a wait. */
export interface Waited {
  readonly state: WaitedFor;
  readonly because: string | null;
  readonly ms: number;
}

/** Stretches that are kept. A machine that makes room says something new every second. */
const mostStretches = 32;

/** How things are now for those who wait. */
export function noteWait(
  { past }: Pick<ModelQueue, 'past'>,
  state: WaitedFor,
  because: string | null,
  nowMs: number,
  keys: readonly string[] = [],
): void {
  const last = past.at(-1);
  if (last?.state === state && last.because === because && last.keys.join() === keys.join()) return;
  past.push({ sinceMs: nowMs, state, because, keys });
  if (past.length > mostStretches) past.shift();
}

/**
 * What a wait of the key since then was for, what it waited for first first; stretches of the same are told as one. What was before
 * the stretches that are kept is left out.
 */
export function waitedSince(
  { past }: Pick<ModelQueue, 'past'>,
  { keyId, sinceMs }: Pick<Ticket, 'keyId' | 'sinceMs'>,
  nowMs: number,
): readonly Waited[] {
  const parts: { state: WaitedFor; because: string | null; ms: number }[] = [];
  for (const [index, stretch] of past.entries()) {
    const ms = (past[index + 1]?.sinceMs ?? nowMs) - Math.max(stretch.sinceMs, sinceMs);
    if (ms <= 0) continue;
    const { because } = stretch;
    const state = stretch.state === 'last-slot' && !stretch.keys.includes(keyId) ? 'full' : stretch.state;
    const known = parts.find((part) => part.state === state && part.because === because);
    if (known === undefined) parts.push({ state, because, ms });
    else known.ms += ms;
  }
  return parts;
}
