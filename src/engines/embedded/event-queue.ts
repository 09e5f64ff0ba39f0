/** Values that arrive in their own time, read by one consumer in order. */
export class EventQueue<T> {
  readonly #waiting: T[] = [];
  #wake: (() => void) | undefined;

  get length(): number {
    return this.#waiting.length;
  }

  push(value: T): void {
    this.#waiting.push(value);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** The next one that is here already. Nothing is waited for: a fast engine says many things at once. */
  take(): T | undefined {
    return this.#waiting.shift();
  }

  async next(): Promise<T> {
    while (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#waiting.shift()!;
  }
}
