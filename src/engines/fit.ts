/**
 * Does a model fit this machine, and how large may its window be? Pure.
 *
 * llama.cpp takes the KV cache of all slots when it loads, so the answer is arithmetic: weights plus
 * `slots x window x KV bytes per token` within what may be used.
 */
import type { EngineFailure } from '../contract/engine/raw.ts';
import { tinyModelBytes } from './embedded/batch-threads.ts';

export interface ModelSize {
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  /** 0 when the file does not say. */
  readonly trainedWindow: number;
}

export interface MachineRoom {
  /** What may be used now, and how that came about, for people. */
  readonly memory: { readonly bytes: number; readonly says: string };
  /** Physical cores, or what the scheduler may use, whichever is less. */
  readonly cores: number;
  /** Wishes of the owner: taken as they are or refused, never changed. */
  readonly window?: number;
  readonly slots?: number;
  readonly threads?: number;
}

export interface EnginePlan {
  /** Tokens per slot. */
  readonly window: number;
  readonly slots: number;
  readonly threads: number;
}

/** Weights and the KV cache of all slots, bytes. */
export function plannedBytes(model: ModelSize, { window, slots }: Pick<EnginePlan, 'window' | 'slots'>): number {
  return model.weightBytes + slots * window * model.kvBytesPerToken;
}

export type Fit =
  | { readonly ok: true; readonly plan: EnginePlan }
  | { readonly ok: false; readonly failure: EngineFailure };

const defaultSlots = 4;
/** Long enough for coding agents; more is taken only when asked for. */
const largestDefaultWindow = 65_536;
/** Below this no coding agent's prompt fits, so loading would only disappoint. */
const smallestWindow = 4_096;
const windowStep = 1_024;

export function fitModel(model: ModelSize, room: MachineRoom): Fit {
  const threads = room.threads ?? defaultThreads(model, room.cores);
  const trained = model.trainedWindow > 0 ? model.trainedWindow : smallestWindow;
  if (room.window !== undefined && room.window > trained) return refuseWindow(room.window, trained);

  const budget = room.memory.bytes - model.weightBytes;
  const fits = (slots: number, window: number) => slots * window * model.kvBytesPerToken <= budget;
  const slotChoices = room.slots === undefined ? [defaultSlots, 3, 2, 1] : [room.slots];
  const largest = room.window ?? Math.min(trained, largestDefaultWindow);
  const smallest = room.window ?? Math.min(smallestWindow, largest);
  // All slots with a useful window first; slots are given up before a window falls below a quarter.
  for (const floor of new Set([Math.max(smallest, largest / 4), smallest])) {
    for (const slots of slotChoices) {
      const window = largestWindow(largest, floor, (candidate) => fits(slots, candidate));
      if (window !== null) return { ok: true, plan: { window, slots, threads } };
    }
  }
  return refuseMemory(model, room, { slots: slotChoices.at(-1)!, window: smallest });
}

/**
 * All cores; a model so small that its threads mostly wait for each other gains nothing beyond a few.
 * Of these it uses at any time as many as the rest of the machine leaves free (`batch-threads.ts`).
 */
function defaultThreads(model: ModelSize, cores: number): number {
  return Math.max(1, model.weightBytes < tinyModelBytes ? Math.min(cores, 4) : cores);
}

/** The largest window that fits, going down in steps; null when not even `floor` does. */
function largestWindow(largest: number, floor: number, fits: (window: number) => boolean): number | null {
  for (let window = largest; window > floor; window = Math.floor((window - 1) / windowStep) * windowStep)
    if (fits(window)) return window;
  return fits(floor) ? floor : null;
}

function refuseWindow(window: number, trained: number): Fit {
  const message = `A window of ${window} tokens is more than the ${trained} this model was trained for. Ask for ${trained} or less.`;
  return { ok: false, failure: { code: 'context-too-large', message } };
}

function refuseMemory(model: ModelSize, room: MachineRoom, least: { slots: number; window: number }): Fit {
  const needed = plannedBytes(model, least);
  const message =
    `The model needs ${gigabytes(needed)} (weights ${gigabytes(model.weightBytes)}, the rest for ${least.slots} x ${least.window} tokens), ` +
    `but only ${gigabytes(room.memory.bytes)} may be used: ${room.memory.says}. ` +
    'Close other programs, or choose a smaller model or a stronger quantisation.';
  return { ok: false, failure: { code: 'memory', message } };
}

function gigabytes(bytes: number): string {
  const digits = bytes < 1e9 ? 3 : 1;
  return `${(bytes / 1e9).toFixed(digits)} GB`;
}
