/**
 * A call whose arguments are nearly JSON: keys may stand bare, and strings between quotes of the family's
 * own, in which nothing is escaped. Ordinary JSON is read as well. What it gives is JSON.
 */
import { type CallReader, headingChars } from './call-reader.ts';
import type { JsonState } from './json-scan.ts';
import type { WrittenCall } from './output-parser.ts';

export interface LooseCallForm {
  /** What stands before the object; its group `name` is the tool. */
  readonly heading: RegExp;
  /** The family's own quotes, the same on both sides. */
  readonly quote: string;
}

/** Objects and lists in each other, at most. */
const DEPTH = 200;

export function createLooseCallReader({ heading, quote }: LooseCallForm): CallReader {
  /** The family's quotes may hold the ordinary one. */
  const quoteBegun = quote.slice(0, quote.indexOf('"') + 1);
  let head = '';
  let body = '';
  /** The last characters of the body, as many as the family's quotes have. */
  let recent = '';
  let name: string | undefined;
  let state: JsonState = 'empty';
  /** Which quotes the string that is open will close with. */
  let closing: string | undefined;
  /** Where that string's content began. */
  let opened = 0;
  let escaped = false;
  let depth = 0;

  function take(char: string): void {
    if (state === 'broken') return;
    if (name === undefined) {
      if (char !== '{') {
        head += char;
        state = head.length > headingChars ? 'broken' : head.trim() === '' ? 'empty' : 'inside';
        return;
      }
      name = heading.exec(head)?.groups?.name;
      if (name === undefined) {
        state = 'broken';
        return;
      }
    } else if (state === 'complete') {
      if (!/\s/.test(char)) state = 'broken';
      return;
    }
    body += char;
    recent = (recent + char).slice(-quote.length);
    if (closing !== undefined) takeInString(char, closing);
    else takeOutside(char);
  }

  function takeInString(char: string, end: string): void {
    if (escaped) escaped = false;
    else if (end === '"' && char === '\\') escaped = true;
    else if (recent.endsWith(end) && body.length - end.length >= opened) {
      closing = undefined;
      state = 'inside';
    }
  }

  function takeOutside(char: string): void {
    state = 'inside';
    if (recent === quote) open(quote);
    else if (char === '"' && !recent.endsWith(quoteBegun)) open('"');
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) state = 'complete';
    }
  }

  function open(end: string): void {
    closing = end;
    opened = body.length;
    state = 'inside-string';
  }

  return {
    get state() {
      return state;
    },
    push(text) {
      for (let i = 0; i < text.length; i++) take(text[i]!);
    },
    call(): WrittenCall | null {
      if (state !== 'complete' || name === undefined) return null;
      const json = looseToJson(body, quote);
      return json === null ? null : { name, json };
    },
  };
}

/** The object as JSON text; null when it is none. */
function looseToJson(text: string, quote: string): string | null {
  let at = 0;
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const fail = (): never => {
    throw new SyntaxError('not an object');
  };

  function value(depth: number): unknown {
    if (depth > DEPTH) fail();
    skip();
    if (text[at] === '{') return object(depth);
    if (text[at] === '[') return list(depth);
    return string() ?? bare(/[^,\]}\s]+/y);
  }

  function object(depth: number): Record<string, unknown> {
    const fields: [string, unknown][] = [];
    at += 1;
    for (skip(); text[at] !== '}'; skip()) {
      if (fields.length > 0 && text[at++] !== ',') fail();
      skip();
      const key = string() ?? word(/[^:,{}[\]]+/y).trim();
      skip();
      if (text[at++] !== ':') fail();
      fields.push([key, value(depth + 1)]);
    }
    at += 1;
    return Object.fromEntries(fields);
  }

  function list(depth: number): unknown[] {
    const items: unknown[] = [];
    at += 1;
    for (skip(); text[at] !== ']'; skip()) {
      if (items.length > 0 && text[at++] !== ',') fail();
      items.push(value(depth + 1));
    }
    at += 1;
    return items;
  }

  function string(): string | undefined {
    if (text.startsWith(quote, at)) {
      const end = text.indexOf(quote, at + quote.length);
      if (end === -1) fail();
      const content = text.slice(at + quote.length, end);
      at = end + quote.length;
      return content;
    }
    return text[at] === '"' ? String(JSON.parse(word(/"(?:[^"\\]|\\.)*"/sy))) : undefined;
  }

  function word(pattern: RegExp): string {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? fail();
    at += found.length;
    return found;
  }

  /** A number or a constant; any other word is a string that lost its quotes. */
  function bare(pattern: RegExp): unknown {
    const found = word(pattern);
    try {
      return JSON.parse(found);
    } catch {
      return found;
    }
  }

  try {
    return text.startsWith('{') ? JSON.stringify(value(0)) : null;
  } catch {
    return null;
  }
}
