/**
 * What is tried after a load that should have fitted and failed all the same. Pure. First the same in a new engine
 * process, as memory may have been in pieces; then smaller, one rung at a time: the KV cache at q8_0, half the slots,
 * half the window, half the layers on the GPU. What the owner has fixed is left alone.
 */
import type { EnginePlan } from '../engines/fit.ts';

/** All that a load can be made smaller by. */
export interface LoadForm extends EnginePlan {
  readonly gpu: 'auto' | 'off';
  readonly kvType?: 'q8_0';
  readonly gpuLayers?: number;
}

export interface Rung {
  readonly form: LoadForm;
  /** What is different from now on, for the log and for people. */
  readonly says: string;
}

export interface FixedByOwner {
  readonly window: boolean;
  readonly slots: boolean;
}

/** Below this no coding agent's prompt fits. */
const smallestWindow = 4_096;

/** The form to try after `failures` failed loads, from the form that was planned; null: there is no smaller one. */
export function rungAfter(failures: number, planned: LoadForm, layers: number, fixed: FixedByOwner): Rung | null {
  const rungs = rungsBelow(planned, layers, fixed);
  return rungs[failures - 1] ?? null;
}

function rungsBelow(planned: LoadForm, layers: number, fixed: FixedByOwner): readonly Rung[] {
  const rungs: Rung[] = [{ form: planned, says: 'the same again in a new engine process' }];
  let form = planned;
  const step = (change: Partial<LoadForm>, says: string): void => {
    form = { ...form, ...change };
    rungs.push({ form, says });
  };
  step({ kvType: 'q8_0' }, 'the KV cache at q8_0');
  const slots = Math.max(1, Math.floor(form.slots / 2));
  if (!fixed.slots && slots < form.slots) step({ slots }, `${slots} slots instead of ${form.slots}`);
  const window = Math.max(smallestWindow, Math.floor(form.window / 2));
  if (!fixed.window && window < form.window) {
    step({ window }, `a window of ${window} tokens instead of ${form.window}`);
  }
  const gpuLayers = Math.floor(layers / 2);
  if (form.gpu === 'auto' && gpuLayers > 0) step({ gpuLayers }, `at most ${gpuLayers} of ${layers} layers on the GPU`);
  return rungs;
}
