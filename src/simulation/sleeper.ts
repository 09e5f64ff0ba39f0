/**
 * A process that sleeps now and then (a frozen machine, a long garbage collection). What comes to
 * it meanwhile waits, and is done in its order when it wakes.
 */
import type { Timeline } from './timeline.ts';

export class Sleeper {
  readonly #timeline: Timeline;
  readonly #backlog: (() => void)[] = [];
  #isAsleep = false;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Falls asleep, unless it sleeps already. */
  sleep(forMs: number): void {
    if (this.#isAsleep) return;
    this.#isAsleep = true;
    this.#timeline.after(forMs, () => {
      this.#isAsleep = false;
      // What is done now may put it to sleep again.
      while (!this.#isAsleep && this.#backlog.length > 0) this.#backlog.shift()!();
    });
  }

  /** Now, or when it is awake. */
  whenAwake(run: () => void): void {
    if (this.#isAsleep) this.#backlog.push(run);
    else run();
  }
}
