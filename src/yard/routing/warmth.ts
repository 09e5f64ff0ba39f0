/**
 * Which slots of which machines hold the start of which prompts: what agents have said, by block hash. A hash covers
 * model and scope, so a prompt can only ever be found warm where its own trust group made it so.
 */
import type { HeldPrompt, Prefix } from '../../contract/link/prefix.ts';
import type { ServedModel, Ticket, YardState } from '../state.ts';

export interface SlotMemory {
  readonly served: ServedModel;
  readonly slot: number;
  lineage: string;
  blocks: readonly string[];
  /** Prompt and answer, tokens. */
  tokens: number;
  /** When it was last told, ms. */
  atMs: number;
  /** The ticket that is expected to use it, while it holds a slot there: it is not there for others. */
  claimedBy: Ticket | null;
}

/** How many places are found for one prompt, and looked at for one block: a system prompt may be warm everywhere. */
const mostFound = 8;
const mostLooked = 32;

/** The agent's word of what slots hold now. */
export function remember(yard: YardState, served: ServedModel, told: readonly HeldPrompt[]): void {
  for (const { slot, lineage, blocks, tokens } of told) {
    const memory = served.memories.get(slot) ?? newMemory(served, slot);
    const before = new Set(memory.blocks);
    const now = new Set(blocks);
    for (const block of before) if (!now.has(block)) unlist(yard, block, memory);
    for (const block of now) if (!before.has(block)) list(yard, block, memory);
    Object.assign(memory, { lineage, blocks, tokens, atMs: yard.nowMs });
    if (blocks.length === 0) served.memories.delete(slot);
    else served.memories.set(slot, memory);
  }
}

/** Its engine is gone, or was started anew. */
export function forgetSlots(yard: YardState, served: ServedModel): void {
  for (const memory of served.memories.values()) for (const block of memory.blocks) unlist(yard, block, memory);
  served.memories.clear();
}

/** Slots that hold a start of the prompt, the longest first, with the share of the prompt they hold (0..1). */
export function warmFor(yard: YardState, { blocks, ends }: Prefix): { memory: SlotMemory; share: number }[] {
  const found: { memory: SlotMemory; share: number }[] = [];
  for (let at = blocks.length - 1; at >= 0; at -= 1) {
    const there = yard.warmth.get(blocks[at]!);
    if (there === undefined) continue;
    let looked = 0;
    for (const memory of there) {
      looked += 1;
      if (looked > mostLooked) break;
      if (memory.claimedBy !== null || found.some((other) => other.memory === memory)) continue;
      found.push({ memory, share: (ends[at] ?? 0) / 1_000 });
      if (found.length === mostFound) return found;
    }
  }
  return found;
}

function newMemory(served: ServedModel, slot: number): SlotMemory {
  return { served, slot, lineage: '', blocks: [], tokens: 0, atMs: 0, claimedBy: null };
}

function list(yard: YardState, block: string, memory: SlotMemory): void {
  const there = yard.warmth.get(block);
  if (there === undefined) yard.warmth.set(block, new Set([memory]));
  else there.add(memory);
}

function unlist(yard: YardState, block: string, memory: SlotMemory): void {
  const there = yard.warmth.get(block);
  there?.delete(memory);
  if (there?.size === 0) yard.warmth.delete(block);
}
