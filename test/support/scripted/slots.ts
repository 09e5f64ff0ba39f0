/**
 * The scripted engine's KV cache: per slot the token ids it holds, and who they belong to. A new
 * prompt takes the idle slot that shares most with it; the cached count is what really matched.
 */
import { commonPrefix } from './tokens.ts';

export interface Slot {
  held: number[];
  scope: string | undefined;
  busy: boolean;
  /** Rises with every use; the lowest is the least recently used. */
  usedAt: number;
}

/** Below this share of the prompt a match is not worth giving up another conversation for. */
const worthwhileShare = 0.1;

export class Slots {
  readonly #slots: readonly Slot[];
  #uses = 0;

  constructor(count: number) {
    this.#slots = Array.from({ length: count }, () => ({ held: [], scope: undefined, busy: false, usedAt: 0 }));
  }

  /** Takes a slot for a prompt, or null when all are busy. */
  take(tokens: ArrayLike<number>, scope: string | undefined): { slot: Slot; cachedTokens: number } | null {
    const idle = this.#slots.filter((slot) => !slot.busy).sort((a, b) => a.usedAt - b.usedAt);
    const shared = (slot: Slot) => (slot.scope === scope ? commonPrefix(slot.held, tokens) : 0);
    const best = idle.toSorted((a, b) => shared(b) - shared(a))[0];
    const oldest = idle[0];
    if (best === undefined || oldest === undefined) return null;
    const slot = shared(best) >= worthwhileShare * tokens.length ? best : oldest;
    // The last prompt token is always read again: its logits are needed.
    const cachedTokens = Math.max(0, Math.min(shared(slot), tokens.length - 1));
    slot.busy = true;
    slot.usedAt = ++this.#uses;
    slot.scope = scope;
    slot.held = Array.from(tokens);
    return { slot, cachedTokens };
  }

  /** Gives a slot back; it keeps the prompt tokens that were read and those generated. */
  release(slot: Slot, readTokens: number, generated: readonly number[]): void {
    slot.busy = false;
    slot.held = slot.held.slice(0, readTokens).concat(generated);
  }
}
