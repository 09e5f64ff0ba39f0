import { type Atom, classChar, type GrammarRules, literal } from './gbnf.ts';

/**
 * Any text up to and with the first `end` (plain characters, not empty). Rule i stands for "the last i
 * characters read are the first i of `end`": reading on either adds one, or falls back to the longest
 * beginning of `end` that the text still ends with.
 */
export function until(rules: GrammarRules, end: string): Atom {
  const chars = [...end];
  const alphabet = [...new Set(chars)];
  const known = untilNames.get(rules)?.get(end);
  if (known !== undefined) return known;
  const names = chars.map(() => rules.name('until'));
  chars.forEach((_, matched) => {
    const ways = alphabet.map((char) => {
      const next = nextMatch(chars, matched, char);
      return next === chars.length ? literal(char) : `${literal(char)} ${names[next]!}`;
    });
    ways.push(`[^${alphabet.map(classChar).join('')}] ${names[0]!}`);
    rules.set(names[matched]!, ways.join(' | '));
  });
  const ofRules = untilNames.get(rules) ?? new Map<string, Atom>();
  ofRules.set(end, names[0]!);
  untilNames.set(rules, ofRules);
  return names[0]!;
}
const untilNames = new WeakMap<GrammarRules, Map<string, Atom>>();

/** How much of `end` the text ends with, when `matched` characters of it are followed by `char`. */
function nextMatch(end: readonly string[], matched: number, char: string): number {
  const text = [...end.slice(0, matched), char];
  for (let length = text.length; length > 0; length--) {
    if (text.slice(-length).every((each, at) => each === end[at])) return length;
  }
  return 0;
}
