/**
 * Grammars that llama.cpp must not even see: its parser recurses for every open parenthesis (20,000
 * end the process with SIGSEGV, 10,000 do not) and compares alternatives pairwise (10,000 take 0.6 s,
 * 100,000 block the process for longer than its watchdog waits).
 */
const limits = { characters: 1_000_000, nesting: 2_000, alternatives: 10_000 };

/** Null, or why the grammar is refused. Quoted texts count too: the bounds are generous. */
export function grammarBeyondLimits(grammar: string): string | null {
  if (grammar.length > limits.characters)
    return `it has ${grammar.length} characters, at most ${limits.characters} are taken`;
  let nesting = 0;
  let deepest = 0;
  let alternatives = 0;
  for (const character of grammar) {
    if (character === '(') deepest = Math.max(deepest, ++nesting);
    else if (character === ')') nesting--;
    else if (character === '|') alternatives++;
  }
  if (deepest > limits.nesting) return `it nests ${deepest} parentheses, at most ${limits.nesting} are taken`;
  if (alternatives > limits.alternatives)
    return `it has ${alternatives} alternatives, at most ${limits.alternatives} are taken`;
  return null;
}
