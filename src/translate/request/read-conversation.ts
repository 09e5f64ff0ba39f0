/**
 * The messages of a request in canonical form. The unit is the run: all messages between two
 * assistant turns (or all consecutive assistant ones). A run depends on nothing that comes after
 * it, so a later turn of the conversation only appends. (`clear_at` is the one exception, and it is
 * the client's wish.)
 *
 *   user "Hi"  system "Be brief"          ->  user "Hi\n\n<system-reminder>\nBe brief\n</system-reminder>"
 *   assistant  [text, tool_use A, tool_use B]  ->  assistant, two calls
 *   user       [result B, result A, text]  ->  tool A, tool B, user
 */
import type { ContentBlock, ToolResultBlock } from '../../contract/anthropic/blocks.ts';
import type { InputMessage, Tool } from '../../contract/anthropic/request.ts';
import type {
  AssistantMessage,
  Picture,
  PromptMessage,
  ToolCall,
  ToolDefinition,
  ToolResultMessage,
} from '../../contract/generation/request.ts';
import { readPicture } from '../pictures/read-picture.ts';
import type { Note } from './feature-notes.ts';
import {
  flattenDocument,
  flattenHistory,
  flattenOther,
  flattenResultBlock,
  flattenSearchResult,
  joinTexts,
  unreadableImage,
} from './flatten-blocks.ts';
import { defineTool, type ReadTools } from './read-tools.ts';

export interface ConversationOptions {
  readonly tools: ReadTools;
  readonly verifySignature?: ((thinking: string, signature: string) => boolean) | undefined;
  readonly sees: boolean;
  readonly note: Note;
}

/** Canonical messages after the system prompt. */
export function readConversation(messages: readonly InputMessage[], options: ConversationOptions): PromptMessage[] {
  const loader = new ToolLoader(options);
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const read: PromptMessage[] = [];
  let calls: readonly ToolCall[] = [];
  for (let at = 0; at < messages.length; ) {
    const assistant = messages[at]!.role === 'assistant';
    let end = at;
    while (end < messages.length && (messages[end]!.role === 'assistant') === assistant) end++;
    if (assistant) {
      const turn = readAssistantRun(messages.slice(at, end), options);
      calls = turn.toolCalls ?? [];
      // An empty last turn is a prefill of nothing.
      if (end < messages.length || turn.text !== '') read.push(turn);
    } else {
      const shown = messages.slice(at, end).filter((message, index) => !isCleared(message, at + index, lastUser));
      read.push(...readUserRun(shown, calls, loader, options));
      calls = [];
    }
    at = end;
  }
  return read;
}

/** `clear_at: next_user_message`: seen only until the next user message. */
const isCleared = (message: InputMessage, at: number, lastUser: number): boolean =>
  message.role === 'system' && message.clear_at === 'next_user_message' && lastUser > at;

function readAssistantRun(
  run: readonly InputMessage[],
  { verifySignature, note }: ConversationOptions,
): AssistantMessage {
  let text = '';
  /** What keeps the next text apart from flattened history before it. */
  let gap = '';
  const reasoning: string[] = [];
  const toolCalls: ToolCall[] = [];
  for (const block of run.flatMap(blocksOf)) {
    switch (block.type) {
      case 'text':
        text += gap + block.text;
        gap = '';
        break;
      case 'thinking': {
        const signature = block.signature ?? '';
        if (signature !== '' && verifySignature?.(block.thinking, signature) === false) {
          note('thinking.signature.foreign');
        }
        if (block.thinking !== '') reasoning.push(block.thinking);
        break;
      }
      case 'tool_use':
        toolCalls.push({ id: block.id, name: block.name, input: block.input });
        break;
      case 'redacted_thinking':
      case 'image':
      case 'tool_result':
        break; // noted or refused before (judge-features, check-conversation)
      default: {
        const flat = flattenHistory(block);
        if (flat === '') break;
        text += text === '' ? flat : `\n\n${flat}`;
        gap = '\n\n';
      }
    }
  }
  return {
    role: 'assistant',
    text,
    ...(reasoning.length === 0 ? {} : { reasoning: joinTexts(reasoning) }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
}

function readUserRun(
  run: readonly InputMessage[],
  calls: readonly ToolCall[],
  loader: ToolLoader,
  options: ConversationOptions,
): PromptMessage[] {
  const results = new Map<string, ToolResultBlock>();
  const texts: string[] = [];
  const pictures: Picture[] = [];
  const added: ToolDefinition[] = [];
  for (const message of run) {
    const blocks = blocksOf(message);
    if (message.role === 'system') {
      const text = joinTexts(
        blocks.map((block) => readSystemBlock(block, loader, added)).filter((part) => part !== ''),
      );
      if (text !== '') texts.push(asReminder(text));
      continue;
    }
    for (const block of blocks) {
      if (block.type === 'tool_result') results.set(block.tool_use_id, block);
      else if (block.type === 'text') texts.push(block.text);
      else if (block.type === 'document') texts.push(flattenDocument(block));
      else if (block.type === 'search_result') texts.push(flattenSearchResult(block));
      else if (block.type === 'image') pictures.push(...pictureAfter(texts, block.source, options));
      else if (block.type !== 'tool_use' && block.type !== 'redacted_thinking') {
        texts.push(block.type === 'thinking' ? block.thinking : flattenOther(block));
      }
    }
  }
  const read: PromptMessage[] = calls.flatMap((call) => {
    const result = results.get(call.id);
    return result === undefined ? [] : [readResult(result, call, loader, options)];
  });
  const said = texts.filter((text) => text !== '');
  if (said.length > 0 || pictures.length > 0 || added.length > 0 || read.length === 0) {
    read.push({
      role: 'user',
      text: joinTexts(said),
      ...(pictures.length === 0 ? {} : { pictures }),
      ...(added.length === 0 ? {} : { loadedTools: added }),
    });
  }
  return read;
}

/** Behind what was said so far; none for a model that sees none. */
function pictureAfter(texts: readonly string[], source: object, { sees }: ConversationOptions): readonly Picture[] {
  const read = sees ? readPicture(source) : undefined;
  return read?.ok === true ? [{ ...read.picture, at: joinTexts(texts.filter((text) => text !== '')).length }] : [];
}

/** The form Claude Code's own prompt explains to the model, and our small model was taught. */
const asReminder = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`;

function readResult(
  block: ToolResultBlock,
  call: ToolCall,
  loader: ToolLoader,
  options: ConversationOptions,
): ToolResultMessage {
  const { note } = options;
  const content = block.content ?? '';
  const loadedTools: ToolDefinition[] = [];
  const pictures: Picture[] = [];
  let text: string;
  if (typeof content === 'string') text = content;
  else {
    const parts: string[] = [];
    for (const part of content) {
      if (part.type === 'image' && options.sees) {
        const [picture] = pictureAfter([], part.source, options);
        if (picture === undefined && part.source.type === 'base64') note('result.image.other');
        if (picture !== undefined) pictures.push(picture);
        parts.push(picture === undefined ? unreadableImage : '[An image: shown behind the results.]');
      } else if (part.type !== 'tool_reference') parts.push(flattenResultBlock(part));
      else if (loader.load(part.tool_name, loadedTools)) parts.push(`Loaded tool: ${part.tool_name}`);
      else {
        note('result.tool_reference.unresolved');
        parts.push(`The tool ${part.tool_name} is not available.`);
      }
    }
    text = parts.filter((part) => part !== '').join('\n');
  }
  return {
    role: 'tool',
    toolCallId: call.id,
    toolName: call.name,
    text,
    isError: block.is_error === true,
    ...(pictures.length === 0 ? {} : { pictures }),
    ...(loadedTools.length === 0 ? {} : { loadedTools }),
  };
}

function readSystemBlock(block: ContentBlock, loader: ToolLoader, added: ToolDefinition[]): string {
  if (block.type === 'text') return block.text;
  if (block.type !== 'tool_addition' && block.type !== 'tool_removal') return '';
  const tool = block.tool as { readonly name?: unknown; readonly definition?: unknown } | null | undefined;
  const name = block.type === 'tool_addition' && tool?.definition ? loader.define(tool.definition, added) : tool?.name;
  if (typeof name !== 'string') return '';
  if (block.type === 'tool_removal') return `The tool ${name} is no longer available. Do not call it.`;
  return loader.load(name, added) ? `Loaded tool: ${name}` : `The tool ${name} is not available.`;
}

const blocksOf = (message: InputMessage): readonly ContentBlock[] => {
  const content = message.content ?? [];
  if (typeof content !== 'string') return content;
  return content === '' ? [] : [{ type: 'text', text: content }];
};

/** Makes each deferred tool visible once, where it is first named. */
class ToolLoader {
  readonly #loaded = new Set<string>();
  readonly #options: ConversationOptions;
  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** False when there is no such tool; one that is shown already is there. */
  load(name: string, into: ToolDefinition[]): boolean {
    const { visible, deferred } = this.#options.tools;
    const definition = deferred.get(name);
    if (this.#loaded.has(name)) return true;
    if (definition === undefined) return visible.some((tool) => tool.name === name);
    this.#loaded.add(name);
    into.push(definition);
    return true;
  }

  /** A definition that came inside the conversation; its name, if it is one we understand. */
  define(definition: unknown, into: ToolDefinition[]): string | undefined {
    const { name, input_schema } = definition as { readonly name?: unknown; readonly input_schema?: unknown };
    if (typeof name !== 'string' || typeof input_schema !== 'object' || input_schema === null) return undefined;
    const defined = defineTool(definition as Tool); // name and schema just seen
    if (defined !== null && !this.#loaded.has(name)) {
      this.#loaded.add(name);
      into.push(defined);
    }
    return name;
  }
}
