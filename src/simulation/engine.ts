/**
 * A simulated engine with one model: generations that take their time, stall, and fail with the engine. It has no
 * notion of tickets; whoever asks it for too many at once is found out.
 */

import type { Hold } from '../contract/engine/raw.ts';
import { apiError } from '../contract/errors.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { After } from '../session/after.ts';
import { type Plan, writePiece } from './plan.ts';

/** What is generated, and for whom. */
export interface Task {
  readonly requestId: string;
  readonly attempt: number;
  readonly plan: Plan;
  /** The slot it runs on; undefined: this engine names none. */
  readonly slot: number | undefined;
  readonly hold: Hold | undefined;
  onSlot(slot: number): void;
  /** Before the last word. */
  onHeld(held: { readonly slot: number; readonly tokens: number }): void;
  /** It has gone a step further. */
  onStep(): void;
}

type How = 'passed' | 'stopped' | 'crashed';

/** How often progress is told while nothing else is to be told, ms. */
const progressMs = 2_000;
/** From being told to stop to having stopped, ms. */
const stopMs = 150;

/** One generation, from being asked for to having stopped. */
class Work {
  readonly #after: After;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#wake('stopped');
  #wake: (how: How) => void = () => {};
  #callOff = (): void => {};
  #isStalled = false;
  /** A step is done, and it is held up. */
  #isWaiting = false;
  readonly #hold: Hold | undefined;
  readonly #forgetHold: (() => void) | undefined;
  #isCrashed = false;

  constructor(after: After, signal: AbortSignal, hold: Hold | undefined) {
    this.#after = after;
    this.#hold = hold;
    this.#forgetHold = hold?.onChange(() => {
      if (this.#isWaiting && !hold.isHeld) this.#wake('passed');
    });
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Works on for so long, unless something comes between. */
  passed(ms: number, onPassed: () => void): Promise<How> {
    if (this.#isCrashed) return Promise.resolve('crashed');
    if (this.#signal.aborted) return Promise.resolve('stopped');
    return new Promise((resolve) => {
      this.#wake = (how) => {
        this.#callOff();
        this.#wake = () => {};
        this.#isWaiting = false;
        if (how === 'passed') onPassed();
        resolve(how);
      };
      if (this.#isStalled) return;
      this.#callOff = this.#after(ms, () => {
        if (this.#hold?.isHeld === true) this.#isWaiting = true;
        else this.#wake('passed');
      });
    });
  }

  /** It goes on for ever without a word, and can be stopped even then. */
  stall(): void {
    this.#isStalled = true;
    this.#isWaiting = false;
    this.#callOff();
  }

  crash(): void {
    this.#isCrashed = true;
    this.#wake('crashed');
  }

  leave(): void {
    this.#forgetHold?.();
  }

  /** Resolves when it has stopped, soon after it was told to. */
  async stopped(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#isCrashed) return;
    await new Promise<void>((resolve) => {
      this.#wake = () => resolve();
      this.#after(stopMs, resolve);
    });
  }
}

export class SimulatedEngine {
  readonly #after: After;
  readonly #onBegun: (running: number) => void;
  readonly #works = new Set<Work>();
  #isCrashed = false;

  /** `onBegun`: hears how many generations are at work, with each that begins. */
  constructor(after: After, onBegun: (running: number) => void) {
    this.#after = after;
    this.#onBegun = onBegun;
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  /** It dies with all that it runs. */
  crash(): void {
    this.#isCrashed = true;
    for (const work of this.#works) work.crash();
  }

  stall(): void {
    for (const work of this.#works) work.stall();
  }

  /** Nobody who does not ask for the next batch is worked for: an engine has no more than one step in hand. */
  async *generate(task: Task, signal: AbortSignal): AsyncGenerator<readonly GenerationEvent[], void> {
    const { plan, slot, onStep } = task;
    const { promptTokens, prefillMs, pieces, pieceMs } = plan;
    const work = new Work(this.#after, signal, task.hold);
    this.#works.add(work);
    this.#onBegun(this.#works.size);
    if (this.#isCrashed) work.crash();
    let hasEnded = false;
    try {
      for (let leftMs = prefillMs; leftMs > 0; leftMs -= progressMs) {
        const how = await work.passed(Math.min(leftMs, progressMs), onStep);
        if (how === 'stopped') return;
        if (how === 'crashed') return yield [crashed];
        const doneTokens = Math.floor(promptTokens * (1 - Math.max(0, leftMs - progressMs) / prefillMs));
        yield [{ type: 'progress', phase: 'prefill', doneTokens, totalTokens: promptTokens }];
      }
      if (slot !== undefined) task.onSlot(slot);
      yield [{ type: 'generation-start', promptTokens, cachedTokens: 0 }];
      yield [{ type: 'block-start', block: { kind: 'text' } }];
      for (let index = 0; index < pieces; index++) {
        const how = await work.passed(pieceMs, onStep);
        if (how === 'stopped') return;
        if (how === 'crashed') return yield [crashed];
        yield [{ type: 'block-delta', text: writePiece({ ...task, index }, plan), tokens: [index] }];
      }
      hasEnded = true;
      if (slot !== undefined) task.onHeld({ slot, tokens: promptTokens + pieces });
      const usage = { promptTokens, cachedTokens: 0, outputTokens: pieces, thinkingTokens: 0 };
      yield [{ type: 'block-end' }, { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage }];
    } finally {
      if (!hasEnded) await work.stopped();
      work.leave();
      this.#works.delete(work);
    }
  }
}

const crashed: GenerationEvent = {
  type: 'generation-error',
  error: apiError('engine_crashed', 'the engine process ended unexpectedly'),
};
