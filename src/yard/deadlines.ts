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
  /** Order of arming, for ties. */
  order: number;
  /** Place in the heap; -1 when not armed. */
  index: number;
}

export function createDeadline<Subject>(subject: Subject): Deadline<Subject> {
  return { subject, atMs: 0, order: 0, index: -1 };
}

export function isArmed(deadline: Deadline<unknown>): boolean {
  return deadline.index >= 0;
}

export class Deadlines<Subject> {
  readonly #heap: Deadline<Subject>[] = [];
  #armings = 0;

  /** When the earliest deadline is due, or null. */
  get nextAtMs(): number | null {
    return this.#heap[0]?.atMs ?? null;
  }

  /** Arms the deadline, or moves it when it is armed already. */
  arm(deadline: Deadline<Subject>, atMs: number): void {
    deadline.atMs = atMs;
    deadline.order = this.#armings++;
    if (deadline.index < 0) {
      deadline.index = this.#heap.length;
      this.#heap.push(deadline);
    }
    this.#rise(deadline);
    this.#sink(deadline);
  }

  /** Does nothing when it is not armed. */
  disarm(deadline: Deadline<Subject>): void {
    if (deadline.index < 0) return;
    const last = this.#heap.pop()!;
    if (last !== deadline) {
      this.#put(last, deadline.index);
      this.#rise(last);
      this.#sink(last);
    }
    deadline.index = -1;
  }

  /** Disarms and returns the earliest deadline that is due; null when none is. */
  takeDue(nowMs: number): Deadline<Subject> | null {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.disarm(first);
    return first;
  }

  /** Gives everybody more time. */
  delayAll(byMs: number): void {
    for (const deadline of this.#heap) deadline.atMs += byMs;
  }

  #rise(deadline: Deadline<Subject>): void {
    while (deadline.index > 0) {
      const parent = this.#heap[(deadline.index - 1) >> 1]!;
      if (!isEarlier(deadline, parent)) return;
      this.#swap(deadline, parent);
    }
  }

  #sink(deadline: Deadline<Subject>): void {
    for (;;) {
      const left = this.#heap[2 * deadline.index + 1];
      const right = this.#heap[2 * deadline.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && isEarlier(right, left) ? right : left;
      if (!isEarlier(child, deadline)) return;
      this.#swap(child, deadline);
    }
  }

  #swap(one: Deadline<Subject>, other: Deadline<Subject>): void {
    const index = one.index;
    this.#put(one, other.index);
    this.#put(other, index);
  }

  #put(deadline: Deadline<Subject>, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }
}

function isEarlier(one: Deadline<unknown>, other: Deadline<unknown>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
