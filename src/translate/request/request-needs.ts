/** Reads off a request what it needs of a model. Looked at before a model is chosen, so it holds for all of them. */
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import type { RequestNeeds } from '../../contract/generation/request-needs.ts';
import { estimateTokens } from './estimate-tokens.ts';

/** `bodyBytes`: of the whole body. */
export function requestNeeds(request: MessagesRequest, bodyBytes: number): RequestNeeds {
  const { tools, tool_choice, thinking, max_tokens, output_config, output_format } = request;
  return {
    estimatedTokens: estimateTokens(Math.max(0, bodyBytes - pictureChars(request.messages))),
    maxTokens: max_tokens ?? 0,
    tools: (tools ?? []).length > 0 && tool_choice?.type !== 'none',
    schemas: (output_config?.format ?? output_format ?? null) !== null,
    vision: request.messages.some(({ content }) => holdsPicture(content)),
    thinking: thinking?.type !== undefined && thinking.type !== 'disabled',
  };
}

/** As far as it is known: content may be a text, and blocks of unknown shapes may hold anything. */
interface Block {
  readonly type?: unknown;
  readonly source?: { readonly data?: unknown } | null;
  readonly content?: unknown;
}

const blocksOf = (content: unknown): readonly Block[] =>
  Array.isArray(content) ? content.filter((block) => typeof block === 'object' && block !== null) : [];

/** A picture in the result of a tool does not count: who cannot see gets a sentence in its place. */
const holdsPicture = (content: unknown): boolean => blocksOf(content).some(({ type }) => type === 'image');

/** Base64 of pictures: what a model reads of them has nothing to do with its length. */
function pictureChars(content: unknown): number {
  let chars = 0;
  for (const { type, source, content: inner } of blocksOf(content)) {
    if (type === 'image' && typeof source?.data === 'string') chars += source.data.length;
    chars += pictureChars(inner);
  }
  return chars;
}
