/**
 * Which slot of an engine a prompt takes. The engine child decides by it; the gateway foresees by it what a machine
 * would have to read, and what would be lost there.
 *
 * The cheapest slot is taken: what must be read there, and what may have to be read again later because it is
 * overwritten here. What the same lineage held is no loss; of others, what was used a moment ago is one more surely than
 * what has long been idle. So the longest start in common wins unless taking it would cost another conversation much
 * more: a sub-agent that shares the system prompt with its parent does not push the parent out of its slot.
 */

/** What is known of one slot when a prompt looks for a place. */
export interface SlotState {
  readonly busy: boolean;
  /** Whose tokens the slot holds; undefined is a scope of its own. */
  readonly scope: string | undefined;
  /** Which conversation of that scope, where it was told. */
  readonly lineage?: string | undefined;
  readonly heldTokens: number;
  /** Tokens at the start of the new prompt that the slot already holds. */
  readonly commonTokens: number;
  /** Since its last use, ms. */
  readonly idleMs: number;
}

export interface NewPrompt {
  readonly scope: string | undefined;
  readonly lineage?: string | undefined;
  readonly tokens: number;
}

/** Turns of an agent follow each other within seconds, those of a person within a minute or two; ms. */
const halfLifeMs = 60_000;
/** A shared start shorter than this part of what is held is a template's header. */
const worthwhileShare = 0.1;

/** The index of the slot, or null when all are busy. */
export function chooseSlot(slots: readonly SlotState[], prompt: NewPrompt): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, slot] of slots.entries()) {
    if (slot.busy) continue;
    const cost = prompt.tokens - reusable(slot, prompt) + lossOf(slot, prompt);
    // Of two that cost the same, the one that has been idle longer.
    if (cost < least || (cost === least && slot.idleMs > slots[best!]!.idleMs)) [best, least] = [index, cost];
  }
  return best;
}

/** How likely it is that what a slot holds is wanted again, after so long without use. */
export function stillWanted(idleMs: number): number {
  return 0.5 ** (idleMs / halfLifeMs);
}

function reusable(slot: SlotState, prompt: NewPrompt): number {
  return slot.scope === prompt.scope ? Math.min(slot.commonTokens, prompt.tokens) : 0;
}

/** Tokens that others may miss, as many as are likely to be. */
function lossOf(slot: SlotState, prompt: NewPrompt): number {
  const sameScope = slot.scope === prompt.scope;
  if (sameScope && slot.lineage !== undefined && slot.lineage === prompt.lineage) return 0;
  const kept = reusable(slot, prompt);
  // Without lineages a long start in common is the best sign of the same conversation.
  const looksLikeOurs = slot.lineage === undefined && kept >= slot.heldTokens * worthwhileShare;
  return looksLikeOurs ? 0 : (slot.heldTokens - kept) * stillWanted(slot.idleMs);
}
