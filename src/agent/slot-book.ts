/**
 * What the slots of one loaded model hold, by the prefixes of the tickets that ran on them. The engine says which slot
 * that was and how much it holds; a server that is attached does not, and is taken to keep as many conversations as it
 * has slots, those used last.
 */
import type { HeldPrompt, Prefix } from '../contract/link/prefix.ts';

export class SlotBook {
  readonly #slots = new Map<number, HeldPrompt>();
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  get all(): readonly HeldPrompt[] {
    return [...this.#slots.values()];
  }

  /** A ticket has ended on a slot that holds `tokens` now, `promptTokens` of them if its prompt was read to the end. */
  ended(slot: number, prefix: Prefix, tokens: number, promptTokens: number): HeldPrompt {
    const { lineage, blocks, ends } = prefix;
    // The last token of a prompt is read with the first of the answer.
    const share = tokens + 1 >= promptTokens ? 1_000 : (tokens / promptTokens) * 1_000;
    const whole = ends.filter((end) => end <= share).length;
    const held = { slot, lineage, blocks: blocks.slice(0, whole), tokens };
    // Taken out first, so that the order is that of use.
    this.#slots.delete(slot);
    this.#slots.set(slot, held);
    return held;
  }

  /** What is in it is not known any more. */
  lost(slot: number): HeldPrompt {
    this.#slots.delete(slot);
    return { slot, lineage: '', blocks: [], tokens: 0 };
  }

  /** Where an engine that names no slots is taken to have it. */
  usualSlot({ lineage }: Prefix): number {
    for (const held of this.#slots.values()) if (held.lineage === lineage) return held.slot;
    if (this.#slots.size < this.#count) return this.#slots.size;
    return this.#slots.keys().next().value ?? 0;
  }
}
