/** The tokens of an answer, and which of them wrote which part of its text. */
export interface GeneratedTokens {
  readonly count: number;
  readonly thinkingCount: number;
  add(tokens: readonly number[], text: string, thinking: boolean): void;
  /** Tokens written wholly before an index into the raw text. */
  countBefore(textIndex: number): number;
  /** The first `count` tokens. */
  first(count: number): readonly number[];
  /** Those after the first `count`. */
  after(count: number): number[];
  /** Forgets what came after the first `count` tokens; the raw text then counts from 0 again. */
  restart(count: number): void;
}

export function createGeneratedTokens(): GeneratedTokens {
  const ids: number[] = [];
  let thinkingCount = 0;
  /** After each piece: text written, tokens so far. */
  let pieces: { readonly textEnd: number; readonly tokens: number }[] = [];
  let textEnd = 0;
  let base = 0;

  return {
    get count() {
      return ids.length;
    },
    get thinkingCount() {
      return Math.min(thinkingCount, ids.length);
    },
    add(tokens, text, thinking) {
      for (const token of tokens) ids.push(token);
      if (thinking) thinkingCount += tokens.length;
      textEnd += text.length;
      pieces.push({ textEnd, tokens: ids.length });
    },
    countBefore(textIndex) {
      return pieces.findLast((piece) => piece.textEnd <= textIndex)?.tokens ?? base;
    },
    first: (count) => ids.slice(0, count),
    after: (count) => ids.slice(count),
    restart(count) {
      ids.length = count;
      thinkingCount = Math.min(thinkingCount, count);
      pieces = [];
      textEnd = 0;
      base = count;
    },
  };
}
