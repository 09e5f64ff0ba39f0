/**
 * A process's own sense of time: a clock that runs a little fast or slow, sleeps in which nothing
 * happens, a wall clock that somebody sets. What comes to it during a sleep waits, and is done in its
 * order when it wakes.
 */
import type { After } from '../session/after.ts';
import type { Timeline } from './timeline.ts';

/** `stopped`: its clock goes on (a stopped process). `suspended`: its clock stands still (Linux, asleep). */
export type Sleep = 'stopped' | 'suspended';

export class ProcessClock {
  readonly #timeline: Timeline;
  readonly #rate: number;
  #backlog: (() => void)[] = [];
  #isAsleep = false;
  /** Time in which the clock stood still, ms. */
  #suspendedMs = 0;
  #wallOffsetMs = 0;
  /** By how much it was set forward, ms. */
  #forwardMs = 0;
  #wokeAtMs = 0;
  #fellAsleepAtMs = 0;
  /** Of earlier sleeps, ms. */
  #sleptMs = 0;
  /** Rises with every start: what an earlier life meant to do later is void. */
  #life = 0;

  /** `rate`: ms on this clock for each ms that passes. */
  constructor(timeline: Timeline, rate = 1) {
    this.#timeline = timeline;
    this.#rate = rate;
  }

  /** Whole ms of a clock that never jumps. */
  get nowMs(): number {
    return Math.floor((this.#timeline.nowMs - this.#suspendedMs) * this.#rate);
  }

  /** What the wall clock says, ms. */
  get wallMs(): number {
    return this.#timeline.nowMs * this.#rate + this.#wallOffsetMs;
  }

  /** The most that can have passed by the wall clock, whenever it was looked at: time, and all by which it was set forward, ms. */
  get mostWallMs(): number {
    return this.#timeline.nowMs * this.#rate + this.#forwardMs;
  }

  /** All the time that it was awake, ms: it stands still in a sleep of either kind. */
  get awakeMs(): number {
    const { nowMs } = this.#timeline;
    return nowMs - this.#sleptMs - (this.#isAsleep ? nowMs - this.#fellAsleepAtMs : 0);
  }

  /** Since it woke last, ms. */
  get awakeForMs(): number {
    return this.#timeline.nowMs - this.#wokeAtMs;
  }

  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  setWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
    this.#forwardMs += Math.max(0, byMs);
  }

  /** The process ends, and another one begins: it is awake and plans nothing. */
  restart(): void {
    this.#life += 1;
    this.#backlog = [];
  }

  /** Falls asleep, unless it sleeps already. */
  sleep(forMs: number, kind: Sleep): void {
    if (this.#isAsleep) return;
    this.#isAsleep = true;
    this.#fellAsleepAtMs = this.#timeline.nowMs;
    if (kind === 'suspended') this.#suspendedMs += forMs;
    this.#timeline.after(forMs, () => {
      this.#isAsleep = false;
      this.#wokeAtMs = this.#timeline.nowMs;
      this.#sleptMs += forMs;
      const backlog = this.#backlog;
      this.#backlog = [];
      // What is done now may put it to sleep again.
      for (const run of backlog) this.whenAwake(run);
    });
  }

  /** Now, or when it is awake. */
  whenAwake(run: () => void): void {
    if (this.#isAsleep) this.#backlog.push(run);
    else run();
  }

  /** Later on this clock: not while it sleeps, and not in another life. */
  readonly after: After = (delayMs, run) => {
    const life = this.#life;
    const suspendedMs = this.#suspendedMs;
    let isCalledOff = false;
    let callOff = this.#timeline.after(Math.max(0, Math.ceil(delayMs / this.#rate)), () => {
      const stoodStillMs = this.#suspendedMs - suspendedMs;
      if (life !== this.#life) return;
      if (stoodStillMs > 0) callOff = this.after(stoodStillMs * this.#rate, run);
      else {
        this.whenAwake(() => {
          if (!isCalledOff && life === this.#life) run();
        });
      }
    });
    return () => {
      isCalledOff = true;
      callOff();
    };
  };
}
