/**
 * Usage as a server states it, checked before a client is told. Servers have reported zeros, the cached part
 * twice (oMLX up to 0.3.12, jundot/omlx#1487), and more than there was room for. What cannot be is replaced by
 * what we counted, and said to be so.
 */
import type { GenerationUsage } from '../../contract/generation/events.ts';
import type { ServerUsage } from './read-chunk.ts';

export interface Known {
  /** Prompt tokens as counted before. */
  readonly promptTokens: number;
  /** By the server's own counter, not by a guess. */
  readonly exact: boolean;
  /** As the server said while it read the prompt; null when it did not. */
  readonly seenCached: number | null;
  readonly window: number;
  readonly maxTokens: number;
  /** Pieces of output received: each is one token at least, nearly always. */
  readonly pieces: number;
  /** Characters of reasoning, and of everything. */
  readonly thinkingChars: number;
  readonly chars: number;
}

export interface CheckedUsage {
  readonly usage: GenerationUsage;
  /** What the server said and cannot be, for the log; empty when all is well. */
  readonly doubts: readonly string[];
}

/** Servers differ by what a template adds: a few tokens are no lie. */
const slackTokens = 16;

export function checkUsage(stated: ServerUsage | null, known: Known): CheckedUsage {
  const doubts: string[] = [];
  const promptTokens = promptOf(stated, known, doubts);
  const cachedTokens = cachedOf(stated, known, promptTokens, doubts);
  const outputTokens = outputOf(stated, known, doubts);
  const thinkingTokens = Math.min(
    outputTokens,
    stated?.thinkingTokens ?? (known.chars === 0 ? 0 : Math.round((outputTokens * known.thinkingChars) / known.chars)),
  );
  return { usage: { promptTokens, cachedTokens, outputTokens, thinkingTokens }, doubts };
}

function promptOf(stated: ServerUsage | null, known: Known, doubts: string[]): number {
  const said = stated?.promptTokens ?? null;
  if (said === null || said === 0) {
    if (said === 0) doubts.push('prompt_tokens 0');
    return known.promptTokens;
  }
  const tooMany = said > known.window;
  const unlike = known.exact && Math.abs(said - known.promptTokens) > slackTokens + known.promptTokens / 20;
  if (!tooMany && !unlike) return said;
  doubts.push(`prompt_tokens ${said}, counted ${known.promptTokens}`);
  return known.promptTokens;
}

function cachedOf(stated: ServerUsage | null, known: Known, promptTokens: number, doubts: string[]): number {
  const said = stated?.cachedTokens ?? known.seenCached ?? 0;
  if (said <= promptTokens) return said;
  doubts.push(`cached_tokens ${said} of ${promptTokens}`);
  return known.seenCached !== null && known.seenCached <= promptTokens ? known.seenCached : 0;
}

function outputOf(stated: ServerUsage | null, known: Known, doubts: string[]): number {
  const said = stated?.outputTokens ?? null;
  // Nothing stated: the connection was closed on a stop sequence, say.
  if (said === null) return Math.min(known.pieces, Math.max(1, known.maxTokens));
  const none = said === 0 && known.pieces > 0;
  const tooMany = said > known.maxTokens + slackTokens;
  if (!none && !tooMany) return said;
  doubts.push(`completion_tokens ${said}, received ${known.pieces} pieces of at most ${known.maxTokens} tokens`);
  return Math.min(known.pieces, known.maxTokens);
}
