/**
 * A canonical request as blocks of text, in the order in which templates write a prompt: system text, tools, messages.
 * A later turn only appends, so its blocks begin with those of the turn before. Long texts are cut into blocks of one
 * size, so that prompts which differ late have their beginnings in common.
 *
 * What steers the answer but is not in the prompt (sampling, lengths, forced tools) is in no block: templates are
 * rendered so that the prefix does not change with it.
 */
import type { GenerationRequest, PromptMessage } from '../../contract/generation/request.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { picturesIn } from '../pictures/pictures-of.ts';

/** Characters of a block: about 1,000 tokens. A turn makes one at least, so a long conversation is told in part (`toldOf`). */
export const blockChars = 4_096;

/**
 * Never empty texts; what they begin with tells them apart by kind. Wherever a prompt may end and a later turn go on, a
 * block ends: before each answer. So a call and its result, which are mostly short, are one block and not two.
 */
export function promptBlocks({ messages, tools }: GenerationRequest, toolsJson: string): string[] {
  const [first] = messages;
  const hasSystem = first?.role === 'system';
  const blocks: string[] = [];
  if (hasSystem) close(cut('system\n', first.text, blocks), blocks);
  if (tools.length > 0) close(cut('tools\n', toolsJson, blocks), blocks);
  let open = '';
  for (let at = hasSystem ? 1 : 0; at < messages.length; at++) {
    open = cut(open + headOf(messages[at]!), textOf(messages[at]!), blocks);
    const next = messages[at + 1];
    if (next !== undefined && next.role !== 'assistant') continue;
    close(open, blocks);
    open = '';
  }
  return blocks;
}

/** What tells one conversation from another: its system text and how its user began. */
export function lineageText({ messages }: GenerationRequest): string {
  const system = messages.find(({ role }) => role === 'system')?.text ?? '';
  const user = messages.find(({ role }) => role === 'user')?.text ?? '';
  return `${system}\n\n${user}`;
}

/** What tells a message's text apart. Cheap where most is text: `JSON.stringify` of a whole message would escape each character. */
function headOf(message: PromptMessage): string {
  switch (message.role) {
    case 'assistant':
      return `assistant\n${message.reasoning ?? ''}\n\n`;
    case 'tool':
      return `tool ${message.toolCallId} ${message.isError}${loaded(message)}${shown(message)}\n`;
    case 'user':
      return `user${loaded(message)}${shown(message)}\n`;
    case 'system':
      return 'system\n';
    default:
      return unreachable(message);
  }
}

function textOf(message: PromptMessage): string {
  if (message.role !== 'assistant') return message.text;
  return `${message.text}\n\n${message.toolCalls === undefined ? '' : JSON.stringify(message.toolCalls)}`;
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

/** Cuts whole blocks from `head + text`, without making that of a long text: slices of one are no copies. Gives what is left. */
function cut(head: string, text: string, blocks: string[]): string {
  if (head.length >= blockChars) return cut('', head + text, blocks);
  let from = blockChars - head.length;
  if (text.length < from) return head + text;
  blocks.push(head + text.slice(0, from));
  for (; text.length - from >= blockChars; from += blockChars) blocks.push(text.slice(from, from + blockChars));
  return text.slice(from);
}

function close(open: string, blocks: string[]): void {
  if (open !== '') blocks.push(open);
}
