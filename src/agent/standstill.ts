import type { Hold } from '../contract/engine/raw.ts';

/** A hold that is laid on all work of this machine, and lifted again. */
export class Standstill implements Hold {
  readonly #listeners = new Set<() => void>();
  #isHeld = false;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    for (const changed of [...this.#listeners]) changed();
  }
}
