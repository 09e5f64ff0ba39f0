/**
 * Tells where a JSON value ends in text that arrives in pieces, without parsing it. Used to know
 * whether a `</tool_call>` closes a call or stands inside a string of its arguments (a model that
 * writes a file about tool calls).
 */
export type JsonState =
  /** Only whitespace so far. */
  | 'empty'
  | 'inside'
  | 'inside-string'
  /** One whole value, and nothing but whitespace after it. */
  | 'complete'
  /** This cannot become an object any more. Only bracket balance and strings are looked at. */
  | 'broken';

export interface JsonScanner {
  readonly state: JsonState;
  push(text: string): void;
}

const isWhitespace = (char: string): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

export function createJsonScanner(): JsonScanner {
  let state: JsonState = 'empty';
  let depth = 0;
  let escaped = false;

  function take(char: string): void {
    if (state === 'inside-string') {
      if (escaped) escaped = false;
      else if (char === '\\') escaped = true;
      else if (char === '"') state = 'inside';
      // JSON has no raw line break in a string: the closing quote is missing.
      else if (char === '\n') state = 'broken';
      return;
    }
    if (isWhitespace(char) || state === 'broken') return;
    // No JSON has a `<` outside a string: some tag begins here.
    if (state === 'complete' || char === '<' || (state === 'empty' && char !== '{')) {
      state = 'broken';
      return;
    }
    state = 'inside';
    if (char === '"') state = 'inside-string';
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) state = 'complete';
    }
  }

  return {
    get state() {
      return state;
    },
    push(text) {
      for (let i = 0; i < text.length; i++) take(text[i]!);
    },
  };
}
