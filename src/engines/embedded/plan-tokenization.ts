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
 *
 * Chunk by chunk, each looked for when it is asked for: whoever has other work does it in between.
 */
export function* planTokenization(
  segments: readonly PromptSegment[],
  controlTexts: ControlTextIndex,
): Generator<TokenizationChunk, void> {
  const text = segments.map((segment) => segment.text).join('');
  const places = new PlacesToCut(text, segments, controlTexts);
  let special = true;
  for (let from = 0; from < text.length; ) {
    const cut = places.next(Math.min(from + longestChunk, text.length));
    if (cut !== null) {
      if (cut.at > from) yield { text: text.slice(from, cut.at), special };
      from = cut.at;
      special = !cut.isPlainBehind;
    } else if (text.length - from <= longestChunk) {
      yield { text: text.slice(from), special };
      return;
    } else {
      const to = placeToCut(text, from, controlTexts);
      yield { text: text.slice(from, to), special };
      from = to;
    }
  }
}

interface Cut {
  readonly at: number;
  /** What stands there is a control text that cannot be cut: plain text. */
  readonly isPlainBehind: boolean;
}

/** Places inside control texts that touch text from users, in their order. */
class PlacesToCut {
  readonly #text: string;
  readonly #controlTexts: ControlTextIndex;
  readonly #plainSpans: readonly (readonly [start: number, end: number])[];
  /** The first span that has not ended before `#index`. */
  #span = 0;
  /** Up to here was looked. */
  #index = 0;
  /** Found and not asked for yet. */
  readonly #found: Cut[] = [];

  constructor(text: string, segments: readonly PromptSegment[], controlTexts: ControlTextIndex) {
    this.#text = text;
    this.#controlTexts = controlTexts;
    const plainSpans: [start: number, end: number][] = [];
    let at = 0;
    for (const { text, special } of segments) {
      if (!special && text.length > 0) plainSpans.push([at, at + text.length]);
      at += text.length;
    }
    this.#plainSpans = plainSpans;
  }

  /** The first that was not told yet, if it is no further than `until`. */
  next(until: number): Cut | null {
    // Whoever looks at a place finds another one ahead of it at most.
    while (this.#index <= until && (this.#found[0]?.at ?? until) >= this.#index) this.#look();
    const [first] = this.#found;
    if (first === undefined || first.at > until) return null;
    this.#found.shift();
    return first;
  }

  #look(): void {
    const index = this.#index;
    this.#index += 1;
    while ((this.#plainSpans[this.#span]?.[1] ?? Number.POSITIVE_INFINITY) <= index) this.#span += 1;
    const span = this.#plainSpans[this.#span];
    if (span === undefined || !this.#controlTexts.mayStartAt(this.#text, index)) return;
    const inside = index + (this.#text.codePointAt(index)! > 0xffff ? 2 : 1);
    let isTouching = false;
    let isAlone = false;
    for (const found of this.#controlTexts.startingAt(this.#text, index)) {
      // One that begins before the plain span, in the template's text, may end inside it.
      if (index + found <= span[0]) continue;
      isTouching = true;
      isAlone ||= found === inside - index;
    }
    // A control text of one character cannot be cut: it stands alone, as plain text.
    if (isAlone) this.#note({ at: index, isPlainBehind: true });
    if (isTouching) this.#note({ at: inside, isPlainBehind: false });
  }

  #note(cut: Cut): void {
    const last = this.#found.at(-1);
    if (last?.at !== cut.at) this.#found.push(cut);
    else if (cut.isPlainBehind) this.#found[this.#found.length - 1] = cut;
  }
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
  /** What they begin with, two units or the only one: most places of a text are told by that. */
  readonly #heads: Set<number>;

  constructor(texts: readonly string[]) {
    this.#texts = new Set(texts.filter((text) => text.length > 0));
    this.#heads = new Set([...this.#texts].map((text) => (text.length > 1 ? headAt(text, 0) : text.charCodeAt(0))));
    this.longest = Math.max(0, ...[...this.#texts].map((text) => text.length));
    for (const text of this.#texts) {
      const first = text.charCodeAt(0);
      const lengths = this.#lengthsByFirst.get(first) ?? [];
      if (!lengths.includes(text.length)) lengths.push(text.length);
      this.#lengthsByFirst.set(first, lengths);
    }
  }

  /** Whether it is worth looking. */
  mayStartAt(text: string, index: number): boolean {
    const first = text.charCodeAt(index);
    if (!this.#lengthsByFirst.has(first)) return false;
    return this.#heads.has(first) || this.#heads.has(headAt(text, index));
  }

  /** Lengths of the control texts that begin at `index`. */
  *startingAt(text: string, index: number): Iterable<number> {
    const lengths = this.#lengthsByFirst.get(text.charCodeAt(index));
    if (lengths === undefined) return;
    for (const length of lengths) if (this.#texts.has(text.slice(index, index + length))) yield length;
  }
}

/** Never the code of one unit alone. */
const headAt = (text: string, index: number): number =>
  0x1_0000 * (1 + text.charCodeAt(index)) + text.charCodeAt(index + 1);
