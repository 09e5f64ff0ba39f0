/**
 * Texts are cut into tokens on the event loop that also hands on every token an answer is made of. So they take turns, a short piece
 * each: those that an answer waits for before those that are only counted. While answers are being generated, counts have half of
 * the loop at most: a flood of counts of 200 KB each would otherwise stand between any two tokens of an answer.
 */
import { setTimeout as passed, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { TokenizingPurpose } from '../../contract/engine/raw.ts';

/** A text that is being cut; each step is a call of the tokenizer, of about a millisecond. */
export type Tokenizing = Generator<void, Uint32Array>;

/** One turn, ms: while an answer is being generated, and while none is. */
const besideAnswersMs = 2;
const aloneMs = 10;

export interface TokenizingTurnsOptions {
  /** Whether an answer is being read or written at the moment. */
  isGenerating(): boolean;
  nowMs(): number;
  /** Lets the event loop turn; does nothing for so long, ms. */
  rest(ms: number): Promise<unknown>;
}

interface Work {
  readonly callId: number;
  readonly tokenizing: Tokenizing;
  settle(tokens: Uint32Array): void;
  fail(error: unknown): void;
}

export const restFor = (ms: number): Promise<unknown> => (ms === 0 ? turnOfTheLoop() : passed(ms));

export class TokenizingTurns {
  readonly #options: TokenizingTurnsOptions;
  readonly #lanes: Readonly<Record<TokenizingPurpose, Work[]>> = { generate: [], count: [] };
  #isAtWork = false;

  constructor(options: TokenizingTurnsOptions) {
    this.#options = options;
  }

  /** Rejects with what the tokenizer throws. Never settles when it is dropped. */
  tokens(callId: number, tokenizing: Tokenizing, purpose: TokenizingPurpose): Promise<Uint32Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint32Array>();
    this.#lanes[purpose].push({ callId, tokenizing, settle: resolve, fail: reject });
    if (!this.#isAtWork) void this.#work();
    return promise;
  }

  /** Nobody waits for it any more. */
  drop(callId: number): void {
    for (const lane of Object.values(this.#lanes)) {
      const at = lane.findIndex((work) => work.callId === callId);
      if (at >= 0) lane.splice(at, 1);
    }
  }

  async #work(): Promise<void> {
    const { isGenerating, nowMs, rest } = this.#options;
    const { generate, count } = this.#lanes;
    this.#isAtWork = true;
    while (generate.length + count.length > 0) {
      const lane = generate.length > 0 ? generate : count;
      const work = lane[0]!;
      const beganMs = nowMs();
      const isOver = takeTurn(work, beganMs + (isGenerating() ? besideAnswersMs : aloneMs), nowMs);
      lane.shift();
      if (!isOver) lane.push(work);
      await rest(lane === count && isGenerating() ? Math.max(1, nowMs() - beganMs) : 0);
    }
    this.#isAtWork = false;
  }
}

/** At least one step; whether it has come to its end. */
function takeTurn({ tokenizing, settle, fail }: Work, untilMs: number, nowMs: () => number): boolean {
  try {
    do {
      const step = tokenizing.next();
      if (step.done === true) {
        settle(step.value);
        return true;
      }
    } while (nowMs() < untilMs);
    return false;
  } catch (error) {
    fail(error);
    return true;
  }
}
