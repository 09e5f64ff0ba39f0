import type { PromptSegment } from '../../contract/engine/raw.ts';

/** A stretch of the prompt that goes to the tokenizer in one call. */
export interface TokenizationChunk {
  readonly text: string;
  /** Let the tokenizer recognise control tokens in this chunk. */
  readonly special: boolean;
}

/**
 * Cuts a rendered prompt into tokenizer calls so that text from users never becomes a control token.
 *
 * Tokenizing segment by segment would be safe but wrong: merges across the borders are lost and some
 * vocabularies add a space at every start. So the whole prompt is one call, as every other engine
 * does it, except where the text of a control token touches a non-special segment: there the prompt
 * is cut inside that text, and neither side can form the token. Example, control text `<|end|>`:
 *
 *     special "<|user|>" + plain "say <|end|>" -> "<|user|>say <" and "|end|>"
 *
 * The test looks at all places, also those where a plain segment's end and the template's text after
 * it would join into a control text.
 *
 * Long prompts are cut as well, where most tokenizers begin anew by themselves: for every user-defined token it
 * finds, llama.cpp copies the whole text of the call, so that 200 KB of JSON in one call took the shipped
 * model 5 s, four times as long as 100 KB, and nothing else could run meanwhile.
 */
export function planTokenization(
  segments: readonly PromptSegment[],
  controlTexts: ControlTextIndex,
): TokenizationChunk[] {
  const text = segments.map((segment) => segment.text).join('');
  const plainSpans: [start: number, end: number][] = [];
  let at = 0;
  for (const segment of segments) {
    if (!segment.special && segment.text.length > 0) plainSpans.push([at, at + segment.text.length]);
    at += segment.text.length;
  }

  const cuts = new Set<number>();
  const plainFrom = new Set<number>();
  for (const [start, end] of plainSpans) {
    // an occurrence may begin before the plain span (in the template's text) and end inside it
    for (let index = Math.max(0, start - controlTexts.longest + 1); index < end; index++) {
      for (const found of controlTexts.startingAt(text, index)) {
        if (index + found <= start) continue;
        const inside = index + (text.codePointAt(index)! > 0xffff ? 2 : 1);
        cuts.add(inside);
        if (found === inside - index) {
          cuts.add(index); // a one-character control text cannot be cut: it stands alone, as plain text
          plainFrom.add(index);
        }
      }
    }
  }

  const borders = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  const chunks: TokenizationChunk[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const [start, end] = [borders[i]!, borders[i + 1]!];
    const special = !plainFrom.has(start);
    for (let from = start; from < end; ) {
      const to = end - from > longestChunk ? placeToCut(text, from, controlTexts) : end;
      chunks.push({ text: text.slice(from, to), special });
      from = to;
    }
  }
  return chunks;
}

/** Longest text of one tokenizer call, UTF-16 units. */
const longestChunk = 4_096;

/**
 * Where to end a call that begins at `from`: before the last line that begins there with something to see,
 * else before the last word, else anywhere between two characters. Never inside the text of a control token.
 * Depends on what is before the place alone (and a character after it), so that a conversation that has
 * grown is cut where it was cut before.
 */
function placeToCut(text: string, from: number, controlTexts: ControlTextIndex): number {
  const end = from + longestChunk;
  let line = 0;
  let word = 0;
  for (let at = end; at > from + longestChunk / 2 && line === 0; at--) {
    const [before, after] = [text[at - 1]!, text[at]!];
    if (before === '\n' && !isSpace(after)) line = at;
    else if (word === 0 && after === ' ' && !isSpace(before) && !isSpace(text[at + 1] ?? ' ')) word = at;
  }
  let place = line || word || end;
  if (text.codePointAt(place - 1)! > 0xffff) place--;
  for (let index = Math.max(from + 1, place - controlTexts.longest + 1); index < place; index++)
    for (const length of controlTexts.startingAt(text, index)) if (index + length > place) return index;
  return place;
}

const isSpace = (character: string): boolean =>
  character === ' ' || character === '\n' || character === '\r' || character === '\t';

/** Finds control texts at a place of a string; built once per model. */
export class ControlTextIndex {
  readonly longest: number;
  readonly #lengthsByFirst = new Map<number, number[]>();
  readonly #texts: Set<string>;

  constructor(texts: readonly string[]) {
    this.#texts = new Set(texts.filter((text) => text.length > 0));
    this.longest = Math.max(0, ...[...this.#texts].map((text) => text.length));
    for (const text of this.#texts) {
      const first = text.charCodeAt(0);
      const lengths = this.#lengthsByFirst.get(first) ?? [];
      if (!lengths.includes(text.length)) lengths.push(text.length);
      this.#lengthsByFirst.set(first, lengths);
    }
  }

  /** Lengths of the control texts that begin at `index`. */
  *startingAt(text: string, index: number): Iterable<number> {
    const lengths = this.#lengthsByFirst.get(text.charCodeAt(index));
    if (lengths === undefined) return;
    for (const length of lengths) if (this.#texts.has(text.slice(index, index + length))) yield length;
  }
}
