/**
 * What a prompt begins with, as hashes: how gateway and agents speak of what an engine remembers, without the text.
 *
 * The gateway cuts the canonical request into blocks (`translate/prefix`) and chains them: each hash covers
 * everything before it, the model and the scope included. Two equal hashes therefore mean the same prompt up to
 * there, of the same trust group, for the same model; prompts of two scopes have no hash in common. The agent makes no
 * hashes: it gives back those of the offer, as what a slot holds.
 */
import { type Static, Type } from 'typebox';

const Count = Type.Integer({ minimum: 0 });

/**
 * Blocks that are told of one prompt. A conversation grows at its end, so of a long one the last are told; and the first, by which
 * a new or shortened conversation finds its system text and tools (those of Claude Code make 22 blocks).
 */
export const prefixBlocks = 64;
export const firstBlocks = 24;

/** Of a list with an item for each block of a prompt: what is told. */
export function toldOf<Item>(items: readonly Item[]): Item[] {
  if (items.length <= prefixBlocks) return [...items];
  return [...items.slice(0, firstBlocks), ...items.slice(firstBlocks - prefixBlocks)];
}
/** Characters of a hash: 96 bits. */
export const blockHashChars = 16;

const Hash = Type.String({ maxLength: blockHashChars });

export const PrefixSchema = Type.Object({
  /** One conversation of one agent: session, system text and first user text are the same. */
  lineage: Hash,
  blocks: Type.Array(Hash, { maxItems: prefixBlocks }),
  /** Of each block: the share of the prompt up to its end, in thousandths. */
  ends: Type.Array(Count, { maxItems: prefixBlocks }),
});
export type Prefix = Static<typeof PrefixSchema>;

/** What one slot of an engine holds. */
export const HeldPromptSchema = Type.Object({
  slot: Count,
  lineage: Hash,
  /** As in the offer, from the one that was read whole on; empty: nothing that could be used again. */
  blocks: Type.Array(Hash, { maxItems: prefixBlocks }),
  /** Prompt and answer, tokens. */
  tokens: Count,
});
export type HeldPrompt = Static<typeof HeldPromptSchema>;

/** How fast a machine has been with a model lately. */
export const PaceSchema = Type.Object({
  /** Prompt tokens read in a second while nothing else is read. */
  readPerS: Type.Number({ exclusiveMinimum: 0 }),
  /** Tokens of one answer generated in a second, as requests at the same time let it be. */
  writePerS: Type.Number({ exclusiveMinimum: 0 }),
  /** From the request to its first token beside reading, ms. */
  startMs: Type.Number({ minimum: 0 }),
  /** What comes to that when the machine has been idle for a while (a GPU that sleeps), ms. */
  wakeMs: Type.Number({ minimum: 0 }),
  /** 0: guessed from the hardware; near 1: measured long enough. */
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
});
export type Pace = Static<typeof PaceSchema>;
