/** Which rows of the feature table the blocks of a conversation use, and where. */
import type { ContentBlock, DocumentBlock, ToolResultContentBlock } from '../../contract/anthropic/blocks.ts';
import { type FeatureId, isFeature } from '../../contract/anthropic/features/features.ts';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';

/** `path`: of the field, for a refusal. `detail`: a name of the client's, for a note. */
export type BlockUse = (id: FeatureId, path: string, detail?: string) => void;

export function useBlocks({ messages }: MessagesRequest, use: BlockUse): void {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at]!;
    if (message.role === 'system' && 'output_config' in message && message.output_config) {
      use('parameter.output_config.in_conversation', `messages.${at}.output_config`);
    }
    const { content } = message;
    if (typeof content === 'string' || content === null || content === undefined) continue;
    for (let index = 0; index < content.length; index++) {
      const block = content[index]!;
      // By far the most: no need to write their path.
      if (block.type === 'text' || block.type === 'tool_use') continue;
      useBlock(block, `messages.${at}.content.${index}`, use);
    }
  }
}

/**
 * The paths of images and documents name their type, as those of the API itself do: Claude Code takes such a
 * block out of the conversation and goes on. Otherwise it would send the refused block again with every turn.
 */
function useBlock(block: ContentBlock, path: string, use: BlockUse): void {
  switch (block.type) {
    case 'image':
      use(imageFeature(block.source), `${path}.image`);
      return;
    case 'document':
      useDocument(block, `${path}.document`, use);
      return;
    case 'search_result':
      use('block.search_result', path);
      useCitations(block, path, use);
      return;
    case 'tool_result':
      use('block.tool_result', path);
      if (typeof block.content !== 'string') {
        for (const [index, part] of (block.content ?? []).entries()) useResult(part, `${path}.content.${index}`, use);
      }
      return;
    default: {
      const id = `block.${block.type}`;
      use(isFeature(id) ? id : 'block.unknown', path);
    }
  }
}

/** Of a source whose type is unknown the picture itself is looked at, and refused with what is missing. */
const imageFeature = ({ type }: { readonly type?: unknown }): FeatureId =>
  type === 'url' || type === 'file' ? `block.image.${type}` : 'block.image';

function useDocument(block: DocumentBlock, path: string, use: BlockUse): void {
  const { source } = block;
  useCitations(block, path, use);
  switch (source.type) {
    case 'base64':
      use('block.document.pdf', `${path}.source`);
      return;
    case 'content':
      use('block.document.content', `${path}.source`);
      if (typeof source.content !== 'string' && source.content.some(({ type }) => type === 'image')) {
        use('block.document.content.image', `${path}.source.content`);
      }
      return;
    default:
      use(`block.document.${source.type}`, `${path}.source`);
  }
}

function useCitations(block: object, path: string, use: BlockUse): void {
  const { citations } = block as { readonly citations?: { readonly enabled?: unknown } | null }; // an open field
  if (citations?.enabled === true) use('block.citations', `${path}.citations`);
}

/** In a tool result nothing is refused: it was the tool that answered so, and the session would be lost for good. */
function useResult(part: ToolResultContentBlock, path: string, use: BlockUse): void {
  if (part.type === 'document') {
    const { type } = part.source;
    if (type === 'base64') use('result.document.pdf', path);
    else use(type === 'url' || type === 'file' ? 'result.document.other' : 'result.document', path);
    return;
  }
  if (part.type === 'image' && part.source.type !== 'base64') {
    use('result.image.other', path);
    return;
  }
  const id = `result.${part.type}`;
  const historic = `block.${part.type}`;
  if (isFeature(id)) use(id, path);
  else use(isFeature(historic) ? historic : 'block.unknown', path);
}
