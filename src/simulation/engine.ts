/**
 * A simulated engine with one model: generations that take their time, stall, and die with the
 * engine. It has no notion of slots; it tells how much it runs, and the oracles count.
 */
import type { GenerationEvent } from '../contract/generation/events.ts';
import { type Plan, writePiece } from './plan.ts';

/** Runs something later on the machine's own clock; returns how to call it off. */
export type Later = (delayMs: number, run: () => void) => () => void;

export interface Generation {
  /** Stops it; `done` is called within 150 ms, as engines promise. */
  stop(done: () => void): void;
  /** Nobody reads what it says: no further piece until `resume`. */
  pause(): void;
  resume(): void;
  /** It goes on for ever without a word. */
  stall(): void;
  /** The engine died: no further word, at once. */
  kill(): void;
}

/** How often progress is told while nothing else is to be told, ms. */
const progressMs = 2_000;
/** From being told to stop to having stopped, ms. */
const stopMs = 150;

/** Starts one. `emit` gets its events, the terminal one last. */
export function startGeneration(
  name: { readonly requestId: string; readonly attempt: number },
  plan: Plan,
  later: Later,
  emit: (event: GenerationEvent) => void,
): Generation {
  let isStalled = false;
  let isStopping = false;
  let isPaused = false;
  let goOn = (): void => {};
  let callOff = (): void => {};
  const next = (delayMs: number, run: () => void): void => {
    if (!isStalled) callOff = later(delayMs, run);
  };
  const { promptTokens, prefillMs, pieces, pieceMs } = plan;

  const prefill = (leftMs: number): void => {
    next(Math.min(leftMs, progressMs), () => {
      const doneTokens = Math.floor(promptTokens * (1 - Math.max(0, leftMs - progressMs) / prefillMs));
      emit({ type: 'progress', phase: 'prefill', doneTokens, totalTokens: promptTokens });
      if (leftMs > progressMs) return prefill(leftMs - progressMs);
      emit({ type: 'generation-start', promptTokens, cachedTokens: 0 });
      emit({ type: 'block-start', block: { kind: 'text' } });
      decode(0);
    });
  };
  const decode = (index: number): void => {
    if (isPaused) {
      goOn = () => decode(index);
      return;
    }
    next(pieceMs, () => {
      emit({ type: 'block-delta', text: writePiece({ ...name, index }, plan), tokens: [index] });
      if (index + 1 < pieces) return decode(index + 1);
      emit({ type: 'block-end' });
      const usage = { promptTokens, cachedTokens: 0, outputTokens: pieces, thinkingTokens: 0 };
      emit({ type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage });
    });
  };
  prefill(prefillMs);

  return {
    stop(done) {
      callOff();
      isStopping = true;
      callOff = later(stopMs, done);
    },
    pause() {
      isPaused = true;
    },
    resume() {
      const goesOn = goOn;
      goOn = () => {};
      isPaused = false;
      if (!isStopping) goesOn();
    },
    stall() {
      isStalled = true;
      // Even then it can be stopped.
      if (!isStopping) callOff();
    },
    kill() {
      callOff();
      goOn = () => {};
    },
  };
}
