/**
 * Where a text stops being JSON. JSON.parse knows, but its messages quote the text (a prompt must
 * not reach a log) and some of them give no position. Runs only after JSON.parse has refused.
 */

export interface JsonFault {
  readonly at: number;
  readonly what: 'unexpected end' | 'unexpected character' | 'invalid string' | 'unexpected text after the value';
}

const whitespace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Position and kind of the first fault; the end of the text if there is none. */
export function findJsonFault(text: string): JsonFault {
  let at = 0;
  const open: ('{' | '[')[] = [];
  /** What may come next: a value, a key, `:`, or what follows a value; `-or-close` right after an opening bracket. */
  let expect: 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'after' = 'value';

  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const fault = (what: JsonFault['what']): JsonFault =>
    at >= text.length ? { at, what: 'unexpected end' } : { at, what };

  while (true) {
    match(whitespace);
    if (at >= text.length) return { at, what: 'unexpected end' };
    const char = text[at]!;
    if (expect === 'after') {
      const inside = open.at(-1);
      if (inside === undefined) return fault('unexpected text after the value');
      if (char === ',') expect = inside === '{' ? 'key' : 'value';
      else if (char === (inside === '{' ? '}' : ']')) open.pop();
      else return fault('unexpected character');
      at++;
    } else if (expect === 'colon') {
      if (char !== ':') return fault('unexpected character');
      at++;
      expect = 'value';
    } else if (char === '"') {
      const stop = skipString(text, at);
      at = stop.at;
      if (stop.fault) return fault('invalid string');
      expect = expect.startsWith('key') ? 'colon' : 'after';
    } else if ((expect === 'key-or-close' && char === '}') || (expect === 'value-or-close' && char === ']')) {
      open.pop();
      at++;
      expect = 'after';
    } else if (expect.startsWith('key')) {
      return fault('unexpected character');
    } else if (char === '{' || char === '[') {
      open.push(char);
      at++;
      expect = char === '{' ? 'key-or-close' : 'value-or-close';
    } else if (match(number) || match(literal)) {
      expect = 'after';
    } else {
      return fault('unexpected character');
    }
  }
}

/** From the opening quote at `from` to behind the closing one, or to the character that does not belong. */
function skipString(text: string, from: number): { at: number; fault: boolean } {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { at: at + 1, fault: false };
    if (code < 0x20) return { at, fault: true };
    if (code === 0x5c) {
      escapeSequence.lastIndex = at;
      if (!escapeSequence.test(text)) return { at, fault: true };
      at = escapeSequence.lastIndex;
    } else at++;
  }
  return { at, fault: true };
}
