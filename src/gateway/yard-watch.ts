/**
 * Looks now and then whether the yard still agrees with itself. It should, always: where it does not, the log says so
 * loudly, `metalyard status` counts it, and everything goes on.
 */
import type { Log } from '../transport/log/log.ts';
import { sampleInvariants } from '../yard/invariants.ts';
import type { YardState } from '../yard/state.ts';

/** How often, ms, and at how many tickets and machines: 0.13 ms with 1,000 machines and 8,000 requests (measured). */
const lookMs = 5_000;
const lookAt = 50;
/** Sentences of one look that are logged. */
const told = 3;

export interface YardHealth {
  /** Looks so far, and those that found something. */
  readonly looks: number;
  readonly broken: number;
  /** What was found last, as a sentence. */
  readonly lastBroken: string | null;
}

export class YardWatch {
  readonly #yard: YardState;
  readonly #log: Pick<Log, 'error'>;
  readonly #timer = setInterval(() => this.look(), lookMs).unref();
  #looks = 0;
  #broken = 0;
  #lastBroken: string | null = null;

  constructor(yard: YardState, log: Pick<Log, 'error'>) {
    this.#yard = yard;
    this.#log = log;
  }

  get health(): YardHealth {
    return { looks: this.#looks, broken: this.#broken, lastBroken: this.#lastBroken };
  }

  look(): void {
    const broken = sampleInvariants(this.#yard, this.#looks, lookAt);
    this.#looks += 1;
    const [first] = broken;
    if (first === undefined) return;
    this.#broken += 1;
    this.#lastBroken = first;
    this.#log.error('the yard contradicts itself: this is a fault of ours, please report it', {
      broken: broken.slice(0, told),
      found: broken.length,
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
