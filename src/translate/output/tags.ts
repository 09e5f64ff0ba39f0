/** Finding a family's tags in text that arrives in pieces. */

/** What stands at the beginning of a tag's first character. */
export type TagMatch =
  | { readonly kind: 'tag'; readonly tag: string }
  /** Known not to be a tag; `length` characters are plain text. */
  | { readonly kind: 'text'; readonly length: number }
  /** The text ends too early to tell. */
  | { readonly kind: 'undecided' };

export interface TagSet {
  /** Index of the first character at or after `from` that may begin a tag; -1 if there is none. */
  find(text: string, from?: number): number;
  /**
   * Looks at `text[at]`, where a tag may begin. A tag directly between two equal quotes is a mention
   * ("the `<think>` tag") and stays text: models do explain their own syntax, and taking it for a tag
   * would swallow the rest of the answer. A quote on one side only proves nothing: `"yes"</think>`.
   */
  match(text: string, at: number, before: string | undefined, atEnd: boolean): TagMatch;
  /** The text without any tag: for showing a call that never became one. */
  remove(text: string): string;
}

const isQuote = (char: string | undefined): boolean => char === '`' || char === '"' || char === "'";

export function createTagSet(tags: readonly string[]): TagSet {
  // Of two that begin alike the longer is the one meant.
  const byLength = [...new Set(tags)].sort((a, b) => b.length - a.length);
  const starts = new Set(byLength.map((tag) => tag[0]!));
  const [onlyStart] = starts.size === 1 ? starts : [];

  function remove(text: string): string {
    const rest = byLength.reduce((shorter, tag) => shorter.replaceAll(tag, ''), text);
    // Taking one out can put another together.
    return rest === text ? rest : remove(rest);
  }

  return {
    find(text, from = 0) {
      if (onlyStart !== undefined) return text.indexOf(onlyStart, from);
      for (let at = from; at < text.length; at++) if (starts.has(text[at]!)) return at;
      return -1;
    },
    match(text, at, before, atEnd) {
      for (const tag of byLength) {
        if (text.startsWith(tag, at)) {
          if (!isQuote(before)) return { kind: 'tag', tag };
          const after = text[at + tag.length];
          if (after === undefined && !atEnd) return { kind: 'undecided' };
          return after === before ? { kind: 'text', length: tag.length } : { kind: 'tag', tag };
        }
        if (!atEnd && text.length - at < tag.length && tag.startsWith(text.slice(at))) return { kind: 'undecided' };
      }
      return { kind: 'text', length: 1 };
    },
    remove,
  };
}
