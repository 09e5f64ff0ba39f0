/**
 * Who wants to hear of the models of the yard hears of them once for all that came in one turn of the event loop; of a
 * large fleet seldomer, since it reports all at once when it comes back, and a list takes as long as it is large.
 */
import { nowMs } from '../transport/clock.ts';
import type { AvailableModel } from '../yard/view.ts';

export type ModelListener = (models: readonly AvailableModel[]) => void;

/** For each machine, between two lists, ms: making them takes some hundredths of the time; while a fleet comes back, some thousandths. */
const pauseMs = { usual: 0.05, whileMachinesReturn: 0.5 } as const;

export interface ModelAnnouncementsOptions {
  models(): readonly AvailableModel[];
  /** How many there are. */
  machines(): number;
  /** Some are on their way back. */
  machinesReturn(): boolean;
}

export class ModelAnnouncements {
  readonly #options: ModelAnnouncementsOptions;
  readonly #listeners = new Set<ModelListener>();
  #isAnnouncing = false;
  #announcedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ModelAnnouncementsOptions) {
    this.#options = options;
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
    const { machines, machinesReturn } = this.#options;
    const eachMs = machinesReturn() ? pauseMs.whileMachinesReturn : pauseMs.usual;
    const waitMs = this.#announcedAtMs + eachMs * machines() - nowMs();
    if (waitMs < 1) setImmediate(() => this.#announceNow());
    else setTimeout(() => this.#announceNow(), waitMs).unref();
  }

  #announceNow(): void {
    this.#isAnnouncing = false;
    this.#announcedAtMs = nowMs();
    for (const listener of this.#listeners) listener(this.#options.models());
  }
}
