/**
 * The agent's side of speeds: how fast this machine is with one model, from the tickets it served. Pure; time is an
 * argument. What is told is an average that forgets: what was measured ten minutes ago counts for half, and no more than
 * the last half minute of work counts at all.
 *
 * Prompts that are read at the same time share the machine, so each is charged its part of the time: two that take two
 * seconds side by side took one second each. Tokens of an answer are not: generating for several costs each little.
 */
import type { Pace } from '../contract/link/prefix.ts';

/** What is assumed until something was measured, tokens per second. */
export interface AssumedPace {
  readonly readPerS: number;
  readonly writePerS: number;
}

/** An assumption counts as so much measuring, ms. */
const assumedMs = 200;
/** Measured for so long, a figure is believed half, ms. */
const halfBelievedMs = 1_000;
const halfLifeMs = 600_000;
const mostMs = 30_000;
/** Fewer tokens tell of the start, more of the speed. */
const startTokens = 64;
const readTokensAtLeast = 128;
const writtenTokensAtLeast = 8;
/** A GPU without work for this long may have gone to a state of low power, ms. */
export const idleMs = 30_000;

interface Work {
  readonly fromMs: number;
  /** Of the shared clock. */
  readonly fromShared: number;
  /** How long nothing had been done before it. */
  readonly idleMs: number;
  firstAtMs: number | null;
}

export class PaceMeter {
  readonly #assumed: AssumedPace;
  readonly #read: Rate;
  readonly #write: Rate;
  readonly #start = new Mean();
  readonly #wake = new Mean();
  readonly #work = new Map<string, Work>();
  /** Time as each of those that are being read has it: it stands still while there are none. */
  #sharedMs = 0;
  #atMs = 0;
  #reading = 0;
  #idleSinceMs: number;

  /** `nowMs`: when the machine became ready. */
  constructor(assumed: AssumedPace, nowMs: number) {
    this.#assumed = assumed;
    this.#read = new Rate();
    this.#write = new Rate();
    this.#idleSinceMs = nowMs;
  }

  /** The engine is asked. */
  begun(ticket: string, nowMs: number): void {
    this.#advance(nowMs);
    const idle = this.#work.size === 0 ? nowMs - this.#idleSinceMs : 0;
    this.#work.set(ticket, { fromMs: nowMs, fromShared: this.#sharedMs, idleMs: idle, firstAtMs: null });
    this.#reading += 1;
  }

  /** The prompt is read; `readTokens` of it were not in the cache. Null when it was held up: how long it took tells nothing. */
  started(ticket: string, readTokens: number | null, nowMs: number): void {
    const work = this.#work.get(ticket);
    if (work === undefined || work.firstAtMs !== null) return;
    this.#advance(nowMs);
    this.#reading -= 1;
    work.firstAtMs = nowMs;
    if (readTokens === null) return;
    const tookMs = this.#sharedMs - work.fromShared;
    const startMs = this.#start.value;
    if (work.idleMs >= idleMs) {
      // How long it takes to wake is known by what it takes longer than usual.
      if (this.#read.confidence > 0) {
        this.#wake.observe(Math.max(0, tookMs - startMs - (readTokens / this.#readPerS) * 1_000));
      }
      return;
    }
    if (readTokens >= readTokensAtLeast) this.#read.observe(readTokens, Math.max(tookMs / 2, tookMs - startMs), nowMs);
    else if (readTokens <= startTokens) {
      this.#start.observe(Math.max(0, tookMs - (readTokens / this.#readPerS) * 1_000));
    }
  }

  /** It is over, however it ended. `outputTokens`: null when it was cut short, or held up. */
  ended(ticket: string, outputTokens: number | null, nowMs: number): void {
    const work = this.#work.get(ticket);
    if (work === undefined) return;
    this.#advance(nowMs);
    this.#work.delete(ticket);
    if (this.#work.size === 0) this.#idleSinceMs = nowMs;
    if (work.firstAtMs === null) this.#reading -= 1;
    else if (outputTokens !== null && outputTokens >= writtenTokensAtLeast) {
      this.#write.observe(outputTokens, nowMs - work.firstAtMs, nowMs);
    }
  }

  pace(nowMs: number): Pace {
    this.#read.fade(nowMs);
    this.#write.fade(nowMs);
    return {
      readPerS: this.#readPerS,
      writePerS: this.#write.perS(this.#assumed.writePerS),
      startMs: Math.round(this.#start.value),
      wakeMs: Math.round(this.#wake.value),
      confidence: Math.round(this.#read.confidence * 100) / 100,
    };
  }

  get #readPerS(): number {
    return this.#read.perS(this.#assumed.readPerS);
  }

  #advance(nowMs: number): void {
    if (this.#reading > 0) this.#sharedMs += (nowMs - this.#atMs) / this.#reading;
    this.#atMs = nowMs;
  }
}

/** Tokens over time; what is old fades. */
class Rate {
  #tokens = 0;
  #ms = 0;
  #atMs = 0;

  get confidence(): number {
    return this.#ms / (this.#ms + halfBelievedMs);
  }

  observe(tokens: number, ms: number, nowMs: number): void {
    if (ms <= 0) return;
    this.fade(nowMs);
    this.#tokens += tokens;
    this.#ms += ms;
    if (this.#ms > mostMs) this.#scale(mostMs / this.#ms);
  }

  fade(nowMs: number): void {
    this.#scale(0.5 ** (Math.max(0, nowMs - this.#atMs) / halfLifeMs));
    this.#atMs = nowMs;
  }

  perS(assumed: number): number {
    return ((this.#tokens + (assumed / 1_000) * assumedMs) / (this.#ms + assumedMs)) * 1_000;
  }

  #scale(factor: number): void {
    this.#tokens *= factor;
    this.#ms *= factor;
  }
}

/** The last few, averaged. */
class Mean {
  value = 0;
  #count = 0;

  observe(value: number): void {
    this.#count = Math.min(8, this.#count + 1);
    this.value += (value - this.value) / this.#count;
  }
}
