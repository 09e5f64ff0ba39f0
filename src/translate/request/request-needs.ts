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

/** Content is a text or a list of blocks. A picture in the result of a tool does not count: who cannot see gets a sentence in its place. */
function holdsPicture(content: unknown): boolean {
  return Array.isArray(content) && content.some((block: { readonly type?: unknown }) => block.type === 'image');
}

/** Base64 of pictures: what a model reads of them has nothing to do with its length. */
function pictureChars(content: unknown): number {
  if (!Array.isArray(content)) return 0;
  return content.reduce<number>((sum, block: { readonly content?: unknown; readonly source?: unknown }) => {
    const { data } = (block.source ?? {}) as { readonly data?: unknown }; // an open shape
    const own = (block as { readonly type?: unknown }).type === 'image' && typeof data === 'string' ? data.length : 0;
    return sum + own + pictureChars(block.content);
  }, 0);
}
