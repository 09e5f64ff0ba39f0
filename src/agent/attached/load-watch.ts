/**
 * How long an attached server's loads of its models took, by the clock of whoever waited for them. A model that is seen loaded, whoever
 * had it loaded, makes the next load a later one: its file is in the system's memory by then. Kept for as long as the agent runs.
 */
import type { LoadTimes } from '../../contract/link/load-times.ts';

interface Seen {
  readonly firstMs?: number;
  readonly laterMs?: number;
  readonly wasLoaded: boolean;
}

export class LoadWatch {
  readonly #models = new Map<string, Seen>();

  /** The server lists it as loaded. */
  isLoaded(model: string): void {
    const seen = this.#models.get(model);
    if (seen?.wasLoaded !== true) this.#models.set(model, { ...seen, wasLoaded: true });
  }

  /** The server begins to load it. To be called when it has, with how long that took, ms: a list may name it a moment before. */
  begin(model: string): (ms: number) => void {
    const kind = this.#models.get(model)?.wasLoaded === true ? 'laterMs' : 'firstMs';
    return (ms) => {
      this.#models.set(model, { ...this.#models.get(model), [kind]: Math.round(ms), wasLoaded: true });
    };
  }

  /** Null: no load of it was seen. `loadMs`: what the next one is taken to last. */
  timesOf(model: string): { readonly loadTimes: LoadTimes; readonly loadMs: number } | null {
    const { wasLoaded, ...times }: Seen = this.#models.get(model) ?? { wasLoaded: false };
    const { firstMs, laterMs } = times;
    const loadMs = wasLoaded ? (laterMs ?? firstMs) : (firstMs ?? laterMs);
    if (loadMs === undefined) return null;
    return { loadTimes: { ...times, next: wasLoaded ? 'later' : 'first' }, loadMs };
  }
}
