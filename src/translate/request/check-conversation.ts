/**
 * What a schema cannot say about `messages`: every call has its result and every result its call,
 * ids are unique, texts are not empty. Texts are those of the real API. Role order, consecutive roles
 * and `system` anywhere are repaired later, not refused; a `system` message between a call and its
 * result does not part them. What cannot be served is refused by the feature table (`judge-features`).
 */
import type { ContentBlock } from '../../contract/anthropic/blocks.ts';
import { isFeature } from '../../contract/anthropic/features/features.ts';
import type { InputMessage } from '../../contract/anthropic/request.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';

const invalid = (message: string): ApiError => apiError('invalid_request', message);

/** The first fault of a conversation, or null. */
export function checkConversation(messages: readonly InputMessage[]): ApiError | null {
  const pairs = new CallPairs();
  const last = messages.length - 1;
  for (const [at, message] of messages.entries()) {
    const fault =
      message.role === 'system'
        ? checkSystem(message.content, at)
        : (pairs.turn(message.role) ?? checkContent(message.role, message.content, at, pairs));
    if (fault !== null) return fault;
    if (at === last && message.role === 'assistant') {
      const ending = checkPrefill(message.content, at);
      if (ending !== null) return ending;
    }
  }
  return pairs.settle();
}

function checkSystem(content: string | readonly ContentBlock[] | null | undefined, at: number): ApiError | null {
  if (typeof content === 'string' || content === null || content === undefined) return null;
  const bad = content.findIndex(({ type }) => type !== 'text' && type !== 'tool_addition' && type !== 'tool_removal');
  if (bad < 0) return null;
  return invalid(`messages.${at}.content.${bad}.type: Input should be 'text', 'tool_addition' or 'tool_removal'`);
}

function checkContent(
  role: 'user' | 'assistant',
  content: string | readonly ContentBlock[],
  at: number,
  pairs: CallPairs,
): ApiError | null {
  if (content.length === 0) {
    // A model may have answered nothing at all, and clients send that back.
    if (role === 'assistant') return null;
    return invalid(
      `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  if (typeof content === 'string') return null;
  for (const [index, block] of content.entries()) {
    const fault = checkBlock(role, block, () => `messages.${at}.content.${index}`, at, pairs);
    if (fault !== null) return fault;
  }
  return null;
}

/** Where a block stands: written down only for a fault. */
type Path = () => string;

function checkBlock(
  role: 'user' | 'assistant',
  block: ContentBlock,
  path: Path,
  at: number,
  pairs: CallPairs,
): ApiError | null {
  switch (block.type) {
    case 'text':
      if (block.text !== '') return null;
      return block.cache_control === undefined || block.cache_control === null
        ? invalid('messages: text content blocks must be non-empty')
        : invalid(`${path()}.text: cache_control cannot be set for empty text blocks`);
    case 'tool_use':
      return role === 'assistant'
        ? pairs.call(block.id, path, at)
        : invalid(`${path()}: \`tool_use\` blocks can only be in \`assistant\` messages`);
    case 'tool_result':
      return role === 'user'
        ? pairs.result(block.tool_use_id, path)
        : invalid(`${path()}: \`tool_result\` blocks can only be in \`user\` messages`);
    case 'image':
    case 'document':
    case 'thinking':
    case 'redacted_thinking':
    case 'search_result':
      return null;
    default:
      return checkOther(role, block.type, path);
  }
}

function checkOther(role: 'user' | 'assistant', type: string, path: Path): ApiError | null {
  // An assistant's unknown block is history: flattened or dropped. A user's would be lost unseen.
  if (role === 'assistant' || isFeature(`block.${type}`)) return null;
  const expected = "'text', 'image', 'document', 'search_result', 'tool_result'";
  return invalid(`${path()}: Input tag found using 'type' does not match any of the expected tags: ${expected}`);
}

function checkPrefill(content: string | readonly ContentBlock[], at: number): ApiError | null {
  const final = typeof content === 'string' ? { type: 'text' as const, text: content } : content.at(-1);
  if (final?.type === 'thinking' || final?.type === 'redacted_thinking') {
    return invalid(`messages.${at}: The final block in an assistant message cannot be \`thinking\`.`);
  }
  if (final?.type === 'text' && final.text !== final.text.trimEnd()) {
    return invalid('messages: final assistant content cannot end with trailing whitespace');
  }
  return null;
}

/** Matches results with the calls of the assistant turn before them. Consecutive messages of a role are one turn. */
class CallPairs {
  readonly #seen = new Set<string>();
  /** Calls of the latest assistant turn, and whether their result has come. */
  #open = new Map<string, boolean>();
  #openAt = 0;
  #turn: 'user' | 'assistant' | null = null;

  /** A message begins. */
  turn(role: 'user' | 'assistant'): ApiError | null {
    if (role === 'assistant' && this.#turn === 'user') {
      const fault = this.settle();
      if (fault !== null) return fault;
      this.#open = new Map();
    }
    this.#turn = role;
    return null;
  }

  call(id: string, path: Path, at: number): ApiError | null {
    if (this.#seen.has(id)) return invalid(`${path()}: \`tool_use\` ids must be unique`);
    this.#seen.add(id);
    this.#open.set(id, false);
    this.#openAt = at;
    return null;
  }

  result(id: string, path: Path): ApiError | null {
    const answered = this.#open.get(id);
    if (answered === undefined) {
      return invalid(
        `${path()}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${shown(id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (answered) {
      return invalid(
        `${path()}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${shown(id)}`,
      );
    }
    this.#open.set(id, true);
    return null;
  }

  /** Nothing more can answer the open calls. */
  settle(): ApiError | null {
    const unanswered = [...this.#open].filter(([, answered]) => !answered).map(([id]) => shown(id));
    if (unanswered.length === 0) return null;
    return invalid(
      `messages.${this.#openAt}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
}

/** An id as it may stand in an error: ids are the client's text, and errors are logged. */
const shown = (id: string): string => (/^[\w.:-]{1,128}$/.test(id) ? id : '(an unusual id)');
