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
  /** Whose turn it was that ended there last; null: it was not seen. */
  keyId: string | null;
  /** Prompt and answer, tokens. */
  tokens: number;
  /** Turns of this lineage that ended on this slot, one after the other: who came often comes again. */
  turns: number;
  /** When the first of these ended, ms. */
  heldSinceMs: number;
  /** When it was last told, ms. */
  atMs: number;
  /** The ticket that is expected to go on with it, or to overwrite it, while it holds a slot there: it is not there for others. */
  claimedBy: Ticket | null;
}

/** Who holds a block: nearly always one, and then without a set around it. */
export type Holders = SlotMemory | Set<SlotMemory>;

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
    const turns = memory.lineage === lineage ? memory.turns + 1 : 1;
    if (turns === 1) memory.heldSinceMs = yard.nowMs;
    const keyId = keyAtWork(served, lineage) ?? (turns === 1 ? null : memory.keyId);
    Object.assign(memory, { lineage, keyId, blocks, tokens, turns, atMs: yard.nowMs });
    if (blocks.length === 0) served.memories.delete(slot);
    else served.memories.set(slot, memory);
  }
}

/** Whose turn of this lineage has its slot there still: what it held is told before its end. */
function keyAtWork({ machine: { holds } }: ServedModel, lineage: string): string | null {
  for (const { ticket } of holds.values()) if (ticket.prefix?.lineage === lineage) return ticket.keyId;
  return null;
}

/** Its engine is gone, or was started anew. */
export function forgetSlots(yard: YardState, served: ServedModel): void {
  for (const memory of served.memories.values()) for (const block of memory.blocks) unlist(yard, block, memory);
  served.memories.clear();
}

/** A slot that holds a start of a prompt, and the share of the prompt it holds (0..1). */
export interface Warm {
  readonly memory: SlotMemory;
  readonly share: number;
}

/**
 * Slots that hold a start of the prompt, about the longest first. Who holds a block holds those before it, so the deepest
 * that anybody holds is found by halving. Others that hold less are looked for at its half, and at the beginning.
 */
export function warmFor(yard: YardState, { blocks, ends }: Prefix): readonly Warm[] {
  const last = deepest(yard, blocks);
  if (last < 0) return nothing;
  const found: Warm[] = [];
  findHolders(yard, blocks, ends, last, found);
  if (last > 1) findHolders(yard, blocks, ends, last >> 1, found);
  if (last > 0) findHolders(yard, blocks, ends, 0, found);
  return found;
}

const nothing: readonly Warm[] = [];

/** Adds those who hold the block at `at`, as far as they are not found yet. */
function findHolders(
  yard: YardState,
  blocks: readonly string[],
  ends: readonly number[],
  at: number,
  found: Warm[],
): void {
  const holders = yard.warmth.get(blocks[at]!);
  if (holders === undefined) return;
  if (!(holders instanceof Set)) return addHolder(yard, blocks, ends, at, holders, found);
  let looked = 0;
  for (const memory of holders) {
    looked += 1;
    if (looked > mostLooked || found.length === mostFound) return;
    addHolder(yard, blocks, ends, at, memory, found);
  }
}

function addHolder(
  yard: YardState,
  blocks: readonly string[],
  ends: readonly number[],
  at: number,
  memory: SlotMemory,
  found: Warm[],
): void {
  if (memory.claimedBy !== null || isFound(found, memory)) return;
  let held = at;
  while (held + 1 < blocks.length && holds(yard, memory, blocks[held + 1]!)) held += 1;
  found.push({ memory, share: (ends[held] ?? 0) / 1_000 });
}

/** The share of a prompt that a slot holds, 0..1. Who holds a block holds those before it: found by halving. */
export function shareHeld(yard: YardState, memory: SlotMemory, { blocks, ends }: Prefix): number {
  let [held, notHeld] = [-1, blocks.length];
  while (notHeld - held > 1) {
    const middle = (held + notHeld) >> 1;
    if (holds(yard, memory, blocks[middle]!)) held = middle;
    else notHeld = middle;
  }
  return (ends[held] ?? 0) / 1_000;
}

function holds(yard: YardState, memory: SlotMemory, block: string): boolean {
  const holders = yard.warmth.get(block);
  return holders === memory || (holders instanceof Set && holders.has(memory));
}

function isFound(found: readonly Warm[], memory: SlotMemory): boolean {
  for (const other of found) if (other.memory === memory) return true;
  return false;
}

/** The last block that any slot holds; -1: none. */
function deepest(yard: YardState, blocks: readonly string[]): number {
  const isHeld = (at: number): boolean => yard.warmth.has(blocks[at]!);
  const last = blocks.length - 1;
  if (last < 0 || isHeld(last)) return last;
  // Of long prompts the first and the last blocks are told: what is held may have a gap where what is asked for has none.
  let held = [0, last >> 1].findLast(isHeld) ?? -1;
  let notHeld = last;
  while (held >= 0 && notHeld - held > 1) {
    const middle = (held + notHeld) >> 1;
    if (isHeld(middle)) held = middle;
    else notHeld = middle;
  }
  return held;
}

function newMemory(served: ServedModel, slot: number): SlotMemory {
  return {
    served,
    slot,
    lineage: '',
    keyId: null,
    blocks: [],
    tokens: 0,
    turns: 0,
    heldSinceMs: 0,
    atMs: 0,
    claimedBy: null,
  };
}

function list(yard: YardState, block: string, memory: SlotMemory): void {
  const there = yard.warmth.get(block);
  if (there === undefined) yard.warmth.set(block, memory);
  else if (there instanceof Set) there.add(memory);
  else if (there !== memory) yard.warmth.set(block, new Set([there, memory]));
}

function unlist(yard: YardState, block: string, memory: SlotMemory): void {
  const there = yard.warmth.get(block);
  if (there === memory) yard.warmth.delete(block);
  else if (there instanceof Set && there.delete(memory) && there.size === 0) yard.warmth.delete(block);
}
