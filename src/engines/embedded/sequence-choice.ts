/** What is known of one sequence of the context when a request looks for a place. */
export interface SequenceState {
  readonly busy: boolean;
  /** Whose tokens the sequence holds; undefined is a scope of its own. */
  readonly scope: string | undefined;
  readonly heldTokens: number;
  /** Tokens at the start of the new prompt that the sequence already holds. */
  readonly commonTokens: number;
  /** Grows with every use. */
  readonly lastUse: number;
}

/** A shared start shorter than this part of the prompt, or of what is held, is a template's header. */
const worthwhileShare = 0.1;

/**
 * Picks the sequence a prompt runs on, as its index, or null when all are busy.
 *
 * 1. An idle sequence of the same scope that shares a worthwhile start: the longest wins.
 * 2. An empty one. 3. The least recently used; what it held is given up.
 *
 * Without the share, two conversations that have only `<|im_start|>system` in common would push
 * each other out of one sequence while the others lie idle.
 */
export function chooseSequence(
  sequences: readonly SequenceState[],
  scope: string | undefined,
  promptTokens: number,
): number | null {
  const idle = sequences.map((state, index) => ({ state, index })).filter(({ state }) => !state.busy);
  const matching = idle.filter(
    ({ state }) =>
      state.scope === scope &&
      state.commonTokens > 0 &&
      state.commonTokens >= promptTokens * worthwhileShare &&
      state.commonTokens >= state.heldTokens * worthwhileShare,
  );
  const longest = matching.sort((a, b) => b.state.commonTokens - a.state.commonTokens)[0];
  if (longest !== undefined) return longest.index;
  const empty = idle.find(({ state }) => state.heldTokens === 0);
  if (empty !== undefined) return empty.index;
  return idle.sort((a, b) => a.state.lastUse - b.state.lastUse)[0]?.index ?? null;
}
