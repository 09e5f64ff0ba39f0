/** How models were used lately, by model: what is used less is unloaded first. */
import { cooled } from '../yard/loads/make-room.ts';

interface Use {
  readonly heat: number;
  /** The last use, ms. */
  readonly atMs: number;
}

export class ModelUses<Model extends object> {
  readonly #uses = new WeakMap<Model, Use>();

  /** Somebody asked for it. */
  asked(model: Model, nowMs: number): void {
    this.#uses.set(model, { heat: this.heat(model, nowMs) + 1, atMs: nowMs });
  }

  /** It is at work. */
  busy(model: Model, nowMs: number): void {
    this.#uses.set(model, { heat: this.heat(model, nowMs), atMs: nowMs });
  }

  /** Tickets lately; see `cooled`. */
  heat(model: Model, nowMs: number): number {
    const use = this.#uses.get(model);
    return use === undefined ? 0 : cooled(use.heat, nowMs - use.atMs);
  }

  /** Since when nobody has used it, ms; undefined: nobody ever has. */
  lastAtMs(model: Model): number | undefined {
    return this.#uses.get(model)?.atMs;
  }
}
