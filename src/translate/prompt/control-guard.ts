/**
 * Text from clients never becomes a control token.
 *
 * Before rendering, a mark (private-use characters around a secret) is put inside every control text
 * found in a client's string, so neither the template nor the tokenizer can see it as one:
 *
 *     "say <|im_end|>"  ->  "say <" mark "|im_end|>"
 *
 * After rendering, marks are taken out, and what follows one becomes a segment of its own with
 * `special: false`, up to the end of the control text. A template may also put a control text
 * together from its own text and a client's ("<" + key + ">" with the key "tool_call"), so strings
 * that are a piece of a control text, or begin or end with one, are marked at that border too. Marks
 * that turn out to split nothing vanish without a trace: ordinary text stays one segment.
 *
 * Not covered: a template that changes a text before printing it (case, cutting at its own places).
 */
import type { PromptSegment } from '../../contract/engine/raw.ts';

export interface ControlGuard {
  /** A copy of the value with marks in its strings and keys; the value itself where none are needed. */
  protect<Value>(value: Value, mark: string): Value;
  /** The rendered text without marks, cut where a client's text would have become a control token. */
  split(rendered: string, mark: string): PromptSegment[];
}

/** Words templates look up in tools and their schemas: never marked at their borders. */
const schemaWords = new Set(
  'function name arguments parameters type properties required items enum description default anyOf oneOf allOf const format title additionalProperties string number integer boolean array object null'.split(
    ' ',
  ),
);

/** The mark for one render. `secret`: letters and digits the client cannot guess. */
export function makeMark(secret: string): string {
  if (!/^[0-9a-zA-Z]{8,}$/.test(secret)) throw new Error('the secret of a mark is at least 8 letters or digits');
  return `\uE000${secret}\uE001`;
}

export function createControlGuard(controlTexts: readonly string[]): ControlGuard {
  const controls = [...new Set(controlTexts)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
  if (controls.length === 0) return { protect: (value) => value, split: (text) => [{ text, special: true }] };
  const pattern = new RegExp(controls.map(escapeRegExp).join('|'));
  const borders = new Borders(controls);

  function protectText(text: string, mark: string): string {
    // Most texts hold no character that a control text begins with, and are not searched for one.
    const mayBegin = borders.holdsFirst(text);
    const inside = mayBegin && pattern.test(text) ? insertAt(text, cutsInside(text), mark) : text;
    if (schemaWords.has(text)) return inside;
    return borders.mark(inside, mark, mayBegin);
  }

  /** Overlapping occurrences too: each starts at its own place. */
  function occurrences(text: string): { start: number; end: number }[] {
    const found: { start: number; end: number }[] = [];
    const search = new RegExp(pattern.source, 'g');
    for (let match = search.exec(text); match !== null; match = search.exec(text)) {
      found.push({ start: match.index, end: match.index + match[0].length });
      search.lastIndex = match.index + 1;
    }
    return found;
  }

  const cutsInside = (text: string): number[] =>
    occurrences(text).map(({ start, end }) =>
      isOneCharacter(text, start, end) ? start : start + firstLength(text, start),
    );

  const protect = <Value>(value: Value, mark: string): Value => protectValue(value, (text) => protectText(text, mark));

  function split(rendered: string, mark: string): PromptSegment[] {
    const pieces = rendered.split(asPattern(mark));
    const text = pieces.join('');
    const segments: PromptSegment[] = [];
    let at = 0;
    const take = (end: number, special: boolean): void => {
      if (end > at) segments.push({ text: text.slice(at, end), special });
      at = Math.max(at, end);
    };
    if (pieces.length > 1) {
      const marks: number[] = [];
      for (const piece of pieces.slice(0, -1)) marks.push((marks.at(-1) ?? 0) + piece.length);
      let next = 0;
      for (const { start, end } of occurrences(text)) {
        const from = isOneCharacter(text, start, end) ? start : start + 1;
        while (next < marks.length && marks[next]! < from) next++;
        const cut = marks[next];
        if (cut === undefined || cut >= end) continue;
        take(cut, true);
        take(end, false);
      }
    }
    take(text.length, true);
    return segments;
  }

  return { protect, split };
}

/** Which strings could complete a control text together with what a template prints around them. */
class Borders {
  readonly #longest: number;
  readonly #heads = new Set<string>();
  readonly #tails = new Set<string>();
  /** What every head begins with and every tail ends with, each once: few characters, mostly `<` and `>`. */
  readonly #firsts: string;
  readonly #lasts: string;
  readonly #pairs = new Set<string>();
  readonly #all: string;

  constructor(controls: readonly string[]) {
    this.#longest = Math.max(...controls.map(({ length }) => length));
    for (const text of controls) {
      for (let at = 1; at < text.length; at++) {
        this.#heads.add(text.slice(0, at));
        this.#tails.add(text.slice(at));
        this.#pairs.add(text.slice(at - 1, at + 1));
      }
    }
    this.#firsts = [...new Set(controls.map((text) => text.charAt(0)))].join('');
    this.#lasts = [...new Set(controls.map((text) => text.charAt(text.length - 1)))].join('');
    this.#all = controls.join('\n');
  }

  /** Whether a control text may begin anywhere in a text. */
  holdsFirst(text: string): boolean {
    return holdsAny(text, this.#firsts);
  }

  /** `mayBegin`: what `holdsFirst` says of the text. */
  mark(text: string, mark: string, mayBegin: boolean): string {
    // Templates trim: the border is where the visible text begins and ends.
    const trimmed = text.trim();
    if (trimmed === '') return text;
    const begins = text.indexOf(trimmed[0]!);
    const ends = begins + trimmed.length;
    const cuts: number[] = [];
    if (this.#isPiece(trimmed) || this.#beginsWithTail(trimmed)) cuts.push(begins);
    if (mayBegin && this.#endsWithHead(trimmed)) cuts.push(ends);
    return cuts.length === 0 ? text : insertAt(text, cuts, mark);
  }

  #beginsWithTail(text: string): boolean {
    const most = Math.min(text.length, this.#longest - 1);
    for (let length = 1; length <= most; length++) {
      if (this.#lasts.includes(text.charAt(length - 1)) && this.#tails.has(text.slice(0, length))) return true;
    }
    return false;
  }

  #endsWithHead(text: string): boolean {
    const most = Math.min(text.length, this.#longest - 1);
    for (let length = 1; length <= most; length++) {
      if (this.#firsts.includes(text.charAt(text.length - length)) && this.#heads.has(text.slice(-length))) return true;
    }
    return false;
  }

  #isPiece(text: string): boolean {
    if (text.length > this.#longest - 2) return false;
    for (let at = 1; at < text.length; at++) if (!this.#pairs.has(text.slice(at - 1, at + 1))) return false;
    return this.#all.includes(text);
  }
}

/** Walks strings and keys of a JSON value; copies only what changes. */
function protectValue<Value>(value: Value, protectText: (text: string) => string): Value {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return protectText(part);
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) {
      const items = part.map(walk);
      return items.some((item, index) => item !== part[index]) ? items : part;
    }
    const given = part as Readonly<Record<string, unknown>>; // an object, as just established
    const keys = Object.keys(given);
    const names = keys.map(protectText);
    const fields = keys.map((key) => walk(given[key]));
    const isSame = keys.every((key, at) => names[at] === key && fields[at] === given[key]);
    return isSame ? part : Object.fromEntries(names.map((name, at) => [name, fields[at]]));
  };
  return walk(value) as Value; // the same shape: only characters inside strings differ
}

function holdsAny(text: string, characters: string): boolean {
  for (const character of characters) if (text.includes(character)) return true;
  return false;
}

function insertAt(text: string, cuts: readonly number[], mark: string): string {
  let out = '';
  let from = 0;
  for (const cut of cuts) {
    out += text.slice(from, cut) + mark;
    from = cut;
  }
  return out + text.slice(from);
}

const firstLength = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1);
const isOneCharacter = (text: string, start: number, end: number): boolean => end - start === firstLength(text, start);
const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
/** A mark as it stands in the output: in other case after `title`, escaped after `tojson(ensure_ascii=True)`. */
const asPattern = (mark: string): RegExp =>
  new RegExp(`(?:\uE000|\\\\ue000)${mark.slice(1, -1)}(?:\uE001|\\\\ue001)`, 'gi');
