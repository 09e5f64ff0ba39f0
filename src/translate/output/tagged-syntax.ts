/** How a family writes reasoning and tool calls between tags. Data: `tagged-parser.ts` reads by it. */
import type { CallReader } from './call-reader.ts';

export interface TaggedSyntax {
  /** Opening and closing tag of reasoning. The first pair is the family's own. */
  readonly thinking: readonly TagPair[];
  readonly calls: CallSyntax | null;
}

export type TagPair = readonly [open: string, close: string];

export interface CallSyntax {
  readonly open: readonly string[];
  /** Tags that open a call and are its first words. */
  readonly openAndKept?: readonly string[];
  /** Without any, a call ends as soon as it is whole. */
  readonly close: readonly string[];
  /** A call ends as soon as it is whole, whatever tag comes then. */
  readonly endsWhenWhole?: boolean;
  /** Tags around a list of calls. */
  readonly list?: TagPair;
  /** Further tags, of calls and around turns: dropped outside calls. */
  readonly others?: readonly string[];
  /**
   * Where a call may begin without a tag, by its `{` alone: at the start of the answer and behind a call,
   * or only behind a call.
   */
  readonly untagged?: 'first' | 'further';
  /** What stands between untagged calls and after the last. */
  readonly between?: RegExp;
  /** Whether text that begins like this, at the start of an answer, is (so far) a call and not just JSON. */
  readonly looksLikeCall?: (text: string) => 'yes' | 'no' | 'undecided';
  newCall(): CallReader;
}

/** Every tag of a syntax. */
export function tagsOf({ thinking, calls }: TaggedSyntax): readonly string[] {
  if (calls === null) return thinking.flat();
  const { open, openAndKept = [], close, list = [], others = [] } = calls;
  return [...thinking.flat(), ...open, ...openAndKept, ...close, ...list, ...others];
}
