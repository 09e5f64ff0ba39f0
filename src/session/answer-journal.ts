/**
 * What one answer has shown its client, kept at the gateway: the blocks, how far each has come, and the ids of the tokens
 * behind them. With the prompt that is all another machine needs to go on where this one stopped; the text itself is
 * not kept, as the ids say it. Pure; the gateway and its simulation use it.
 *
 *     block-start text, delta "Hel" [1 2], delta "lo" [3]   ->   text, 5 characters; 1 2 3
 *
 * An engine that tells no ids (an attached server), and an answer that has become too long, leave a journal without
 * ids: such an answer cannot go on elsewhere. It is counted all the same.
 */
import type { Block, GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';

export interface ShownBlock {
  readonly kind: Block['kind'];
  /** UTF-16 units shown of it. */
  readonly chars: number;
}

export class AnswerJournal {
  readonly #blocks: { kind: Block['kind']; chars: number }[] = [];
  /** Where text goes; none when there are more blocks than are kept. */
  #open: { chars: number } | undefined;
  #tokens: number[] | null = [];
  #chars = 0;
  #tokenCount = 0;
  /** Deltas came without ids. */
  #isPartial = false;

  /** What is written to the client, event by event. */
  record(event: GenerationEvent): void {
    if (event.type === 'block-delta') this.#recordDelta(event);
    else if (event.type === 'block-start') this.#begin(event.block.kind);
  }

  /** Of all blocks, UTF-16 units. */
  get chars(): number {
    return this.#chars;
  }

  /** Tokens behind what was shown, what a model thinks unseen included; null: its engine tells no ids. */
  get tokenCount(): number | null {
    return this.#isPartial ? null : this.#tokenCount;
  }

  /** Their ids; null: not known, or more than are kept. */
  get tokens(): readonly number[] | null {
    return this.#tokens;
  }

  /** In order, the last one perhaps still open; the first of them only, where there are too many to keep. */
  get blocks(): readonly ShownBlock[] {
    return this.#blocks;
  }

  #begin(kind: Block['kind']): void {
    if (this.#blocks.length >= limits.journalBlocks) {
      this.#open = undefined;
      this.#tokens = null;
      return;
    }
    const block = { kind, chars: 0 };
    this.#open = block;
    this.#blocks.push(block);
  }

  #recordDelta({ text, tokens, keptTokens }: Extract<GenerationEvent, { type: 'block-delta' }>): void {
    this.#chars += text.length;
    if (this.#open !== undefined) this.#open.chars += text.length;
    if (tokens === undefined) {
      this.#isPartial = true;
      this.#tokens = null;
      return;
    }
    if (keptTokens !== undefined) this.#keep(keptTokens);
    this.#tokenCount += tokens.length;
    if (this.#tokens === null) return;
    if (this.#tokenCount > limits.journalTokens) this.#tokens = null;
    else for (const token of tokens) this.#tokens.push(token);
  }

  #keep(count: number): void {
    this.#tokenCount = Math.min(this.#tokenCount, count);
    if (this.#tokens !== null) this.#tokens.length = this.#tokenCount;
  }
}
