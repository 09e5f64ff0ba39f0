/** Virtual time: things happen in the order of their times, each in no time at all. */
import { createDeadline, Deadlines } from '../yard/deadlines.ts';

export class Timeline {
  readonly #deadlines = new Deadlines<() => void>();
  #nowMs = 0;
  #happened = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Things that have happened so far. */
  get happened(): number {
    return this.#happened;
  }

  /** Does something later; returns how to call it off. A time in the past is now. */
  at(atMs: number, run: () => void): () => void {
    const deadline = createDeadline(run);
    this.#deadlines.arm(deadline, Math.max(atMs, this.#nowMs));
    return () => this.#deadlines.disarm(deadline);
  }

  after(delayMs: number, run: () => void): () => void {
    return this.at(this.#nowMs + delayMs, run);
  }

  /** Lets time pass until `untilMs`, or until `isDone`. */
  run(untilMs: number, isDone: () => boolean = () => false): void {
    for (let goesOn = true; goesOn && !isDone(); ) goesOn = this.step(untilMs);
  }

  /** Lets the next thing happen. False: nothing is to happen until `untilMs`, which it is now. */
  step(untilMs: number): boolean {
    const due = this.#deadlines.takeDue(untilMs);
    this.#nowMs = due?.atMs ?? untilMs;
    if (due === null) return false;
    this.#happened += 1;
    due.subject();
    return true;
  }
}
