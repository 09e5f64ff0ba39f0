/**
 * The scripted engine's KV cache: per slot the token ids it holds, and who they belong to. Which slot
 * a prompt takes is decided as in the embedded engine; the cached count is what really matched.
 */
import { chooseSlot } from '../../../src/contract/engine/slot-choice.ts';
import { commonPrefix } from './tokens.ts';

export interface Slot {
  held: number[];
  scope: string | undefined;
  lineage: string | undefined;
  busy: boolean;
  /** When it was last used, monotonic ms. */
  usedAtMs: number;
}

export class Slots {
  readonly #slots: readonly Slot[];

  constructor(count: number) {
    this.#slots = Array.from({ length: count }, () => ({
      held: [],
      scope: undefined,
      lineage: undefined,
      busy: false,
      usedAtMs: 0,
    }));
  }

  /** Takes a slot for a prompt, or null when all are busy. */
  take(
    tokens: ArrayLike<number>,
    scope: string | undefined,
    lineage: string | undefined,
  ): { slot: Slot; index: number; cachedTokens: number } | null {
    const nowMs = performance.now();
    const common = this.#slots.map((slot) => commonPrefix(slot.held, tokens));
    const index = chooseSlot(
      this.#slots.map(({ busy, scope: holder, lineage: owner, held, usedAtMs }, at) => ({
        busy,
        scope: holder,
        lineage: owner,
        heldTokens: held.length,
        commonTokens: common[at] ?? 0,
        idleMs: nowMs - usedAtMs,
      })),
      { scope, lineage, tokens: tokens.length },
    );
    const slot = index === null ? undefined : this.#slots[index];
    if (index === null || slot === undefined) return null;
    const shared = slot.scope === scope ? (common[index] ?? 0) : 0;
    // The last prompt token is always read again: its logits are needed.
    const cachedTokens = Math.max(0, Math.min(shared, tokens.length - 1));
    slot.busy = true;
    slot.usedAtMs = nowMs;
    slot.scope = scope;
    slot.lineage = lineage;
    slot.held = Array.from(tokens);
    return { slot, index, cachedTokens };
  }

  /** Gives a slot back; it keeps the prompt tokens that were read and those generated. */
  release(slot: Slot, readTokens: number, generated: readonly number[]): void {
    slot.busy = false;
    slot.usedAtMs = performance.now();
    slot.held = slot.held.slice(0, readTokens).concat(generated);
  }
}
