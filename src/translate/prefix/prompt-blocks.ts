/**
 * A canonical request as blocks of text, in the order in which templates write a prompt: system text, tools, messages.
 * A later turn only appends, so its blocks begin with those of the turn before. Long texts are cut into blocks of one
 * size, so that prompts which differ late have their beginnings in common.
 *
 * What steers the answer but is not in the prompt (sampling, lengths, forced tools) is in no block: templates are
 * rendered so that the prefix does not change with it.
 */
import type { GenerationRequest, PromptMessage } from '../../contract/generation/request.ts';
import { picturesIn } from '../pictures/pictures-of.ts';

/** Characters of a block: about 1,000 tokens. A conversation of 64,000 tokens is told whole. */
export const blockChars = 4_096;

/** Never empty texts; what they begin with tells them apart by kind. */
export function promptBlocks({ messages, tools }: GenerationRequest): string[] {
  const [first] = messages;
  const hasSystem = first?.role === 'system';
  const blocks: string[] = [];
  if (hasSystem) cut('system\n', first.text, blocks);
  if (tools.length > 0) cut('tools\n', JSON.stringify(tools), blocks);
  for (const message of hasSystem ? messages.slice(1) : messages) cutMessage(message, blocks);
  return blocks;
}

/** What tells one conversation from another: its system text and how its user began. */
export function lineageText({ messages }: GenerationRequest): string {
  const system = messages.find(({ role }) => role === 'system')?.text ?? '';
  const user = messages.find(({ role }) => role === 'user')?.text ?? '';
  return `${system}\n\n${user}`;
}

/** Cheap where most of it is text: `JSON.stringify` of a whole message would escape every character. */
function cutMessage(message: PromptMessage, blocks: string[]): void {
  switch (message.role) {
    case 'assistant': {
      const calls = message.toolCalls === undefined ? '' : JSON.stringify(message.toolCalls);
      return cut(`assistant\n${message.reasoning ?? ''}\n\n`, `${message.text}\n\n${calls}`, blocks);
    }
    case 'tool':
      return cut(
        `tool ${message.toolCallId} ${message.isError}${loaded(message)}${shown(message)}\n`,
        message.text,
        blocks,
      );
    case 'user':
      return cut(`user${loaded(message)}${shown(message)}\n`, message.text, blocks);
    case 'system':
      return cut('system\n', message.text, blocks);
    default:
      message satisfies never;
  }
}

function loaded({ loadedTools }: Extract<PromptMessage, { role: 'user' | 'tool' }>): string {
  return loadedTools === undefined ? '' : ` ${JSON.stringify(loadedTools)}`;
}

/** Enough to tell pictures apart; their megabytes are not hashed for a guess at where a conversation is warm. */
function shown(message: PromptMessage): string {
  const told = picturesIn(message).map(
    ({ at, data }) => `${at} ${data.length} ${data.slice(0, 64)} ${data.slice(-64)}`,
  );
  return told.length === 0 ? '' : ` ${told.join(' ')}`;
}

/** Cuts `head + text`, without making that of a long text: slices of one are no copies. */
function cut(head: string, text: string, blocks: string[]): void {
  if (head.length >= blockChars) return cut('', head + text, blocks);
  let from = blockChars - head.length;
  blocks.push(head + text.slice(0, from));
  for (; from < text.length; from += blockChars) blocks.push(text.slice(from, from + blockChars));
}
