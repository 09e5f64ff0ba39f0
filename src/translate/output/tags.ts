/** The tags models of the Hermes and Qwen families write around reasoning and tool calls. */
export const tags = ['<think>', '</think>', '<tool_call>', '</tool_call>'] as const;
export type Tag = (typeof tags)[number];

/** How a model's raw text is to be read. Chosen with the chat template. */
export type OutputSyntax =
  /** `<think>` reasoning, and `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`. */
  | 'hermes'
  /** `<think>` reasoning; no tool calls. */
  | 'plain'
  /** As `hermes` until text begins; then all is text: JSON, whose strings may hold any tag. */
  | 'json';

export const tagsOf: Readonly<Record<OutputSyntax, readonly Tag[]>> = {
  hermes: tags,
  plain: ['<think>', '</think>'],
  json: tags,
};

/** What stands at a `<`. */
export type TagMatch =
  | { readonly kind: 'tag'; readonly tag: Tag }
  /** Known not to be a tag; `length` characters are plain text. */
  | { readonly kind: 'text'; readonly length: number }
  /** The text ends too early to tell. */
  | { readonly kind: 'undecided' };

const isQuote = (char: string | undefined): boolean => char === '`' || char === '"' || char === "'";

/**
 * Looks at `text[at]`, which is `<`. A tag directly between two equal quotes is a mention ("the
 * `<think>` tag") and stays text: models do explain their own syntax, and taking it for a tag would
 * swallow the rest of the answer. A quote on one side only proves nothing: `"yes"</think>`.
 */
export function matchTag(
  text: string,
  at: number,
  before: string | undefined,
  known: readonly Tag[],
  atEnd: boolean,
): TagMatch {
  for (const tag of known) {
    if (text.startsWith(tag, at)) {
      if (!isQuote(before)) return { kind: 'tag', tag };
      const after = text[at + tag.length];
      if (after === undefined && !atEnd) return { kind: 'undecided' };
      return after === before ? { kind: 'text', length: tag.length } : { kind: 'tag', tag };
    }
    if (!atEnd && text.length - at < tag.length && tag.startsWith(text.slice(at))) return { kind: 'undecided' };
  }
  return { kind: 'text', length: 1 };
}

/** For showing a call that never became one: its own words, none of ours. */
export function withoutTags(text: string): string {
  const rest = tags.reduce((shorter, tag) => shorter.replaceAll(tag, ''), text);
  // Taking one out can put another together.
  return rest === text ? rest : withoutTags(rest);
}
