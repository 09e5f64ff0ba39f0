/**
 * The yard's one timer heap. A deadline belongs to whoever waits for something (a machine's lease,
 * a ticket's answer) and is armed, moved and disarmed by it; nothing else in the yard looks at the
 * clock. Deadlines due at the same ms fire in the order in which they were armed.
 */

/** A time at which its subject wants to be looked at, if it is armed. */
export interface Deadline<Subject> {
  readonly subject: Subject;
  /** Meaningful while armed, ms. */
  atMs: number;
  /** Place in the heap; -1 when not armed. */
  index: number;
}

export function createDeadline<Subject>(subject: Subject): Deadline<Subject> {
  return { subject, atMs: 0, index: -1 };
}

export function isArmed(deadline: Deadline<unknown>): boolean {
  return deadline.index >= 0;
}

export class Deadlines<Subject> {
  readonly #heap: Deadline<Subject>[] = [];
  /**
   * Of the deadline at the same place of the heap, what it is compared by: its time, and when it was armed, for ties. Apart from
   * it: those of thousands of machines are compared with each heartbeat, and most of them nobody has looked at for seconds.
   */
  readonly #atMs: number[] = [];
  readonly #orders: number[] = [];
  #armings = 0;

  /** When the earliest deadline is due, or null. */
  get nextAtMs(): number | null {
    return this.#atMs[0] ?? null;
  }

  /** Arms the deadline, or moves it when it is armed already. */
  arm(deadline: Deadline<Subject>, atMs: number): void {
    deadline.atMs = atMs;
    const index = deadline.index < 0 ? this.#heap.length : deadline.index;
    this.#place(deadline, atMs, this.#armings++, index);
  }

  /** Does nothing when it is not armed. */
  disarm(deadline: Deadline<Subject>): void {
    const { index } = deadline;
    if (index < 0) return;
    deadline.index = -1;
    // The last one takes the place that is free.
    const last = this.#heap.pop()!;
    const [atMs, order] = [this.#atMs.pop()!, this.#orders.pop()!];
    if (last !== deadline) this.#place(last, atMs, order, index);
  }

  /** Disarms and returns the earliest deadline that is due; null when none is. */
  takeDue(nowMs: number): Deadline<Subject> | null {
    const atMs = this.nextAtMs;
    if (atMs === null || atMs > nowMs) return null;
    const first = this.#heap[0]!;
    this.disarm(first);
    return first;
  }

  /** Gives everybody more time. */
  delayAll(byMs: number): void {
    for (const [index, deadline] of this.#heap.entries()) {
      deadline.atMs += byMs;
      this.#atMs[index] = deadline.atMs;
    }
  }

  /** Puts it where it belongs, from a place on that nobody has. */
  #place(deadline: Deadline<Subject>, atMs: number, order: number, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isEarlier(atMs, order, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) break;
      const right = left + 1;
      const isRight = right < this.#heap.length && this.#isEarlier(this.#atMs[right]!, this.#orders[right]!, left);
      const child = isRight ? right : left;
      if (this.#isEarlier(atMs, order, child)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(deadline, atMs, order, index);
  }

  #move(from: number, to: number): void {
    this.#put(this.#heap[from]!, this.#atMs[from]!, this.#orders[from]!, to);
  }

  #put(deadline: Deadline<Subject>, atMs: number, order: number, index: number): void {
    this.#heap[index] = deadline;
    this.#atMs[index] = atMs;
    this.#orders[index] = order;
    deadline.index = index;
  }

  /** Earlier than the one at that place. */
  #isEarlier(atMs: number, order: number, index: number): boolean {
    const other = this.#atMs[index]!;
    return atMs < other || (atMs === other && order < this.#orders[index]!);
  }
}
