/** Who wants to hear of the models of the yard hears of them once for all that came in one turn of the event loop: a fleet that comes back reports all at once. */
import type { AvailableModel } from '../yard/view.ts';

export type ModelListener = (models: readonly AvailableModel[]) => void;

export class ModelAnnouncements {
  readonly #models: () => readonly AvailableModel[];
  readonly #listeners = new Set<ModelListener>();
  #isAnnouncing = false;

  constructor(models: () => readonly AvailableModel[]) {
    this.#models = models;
  }

  /** Called after each change, until the returned function is called. */
  listen(listener: ModelListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The models may have changed. */
  announce(): void {
    if (this.#isAnnouncing || this.#listeners.size === 0) return;
    this.#isAnnouncing = true;
    setImmediate(() => {
      this.#isAnnouncing = false;
      for (const listener of this.#listeners) listener(this.#models());
    });
  }
}
