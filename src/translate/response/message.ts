/**
 * How our counts and reasons map to the message a client reads (messages-api §5).
 */
import type { Message, MessageStopReason, Usage } from '../../contract/anthropic/response.ts';
import type { MessageDeltaUsage } from '../../contract/anthropic/stream.ts';
import type { GenerationUsage, StopReason } from '../../contract/generation/events.ts';

/** What an answer is called, and how its reasoning is signed. */
export interface AnswerIdentity {
  /** Unique per answer: Claude Code merges turns that share one. */
  readonly messageId: string;
  /** The served model's id. */
  readonly model: string;
  /** Our signature over one whole thinking text. */
  readonly signThinking: (text: string) => string;
  /** The request had `context_management`: the answer says which edits were applied (none). */
  readonly reportsEdits?: boolean;
}

/** The report of context edits, to be spread into a message or a `message_delta`. */
export const editReport = ({ reportsEdits }: AnswerIdentity): Pick<Message, 'context_management'> =>
  reportsEdits === true ? { context_management: { applied_edits: [] } } : {};

/** Prompt tokens, the cached ones included. */
export interface PromptCounts {
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

const stopReasons = {
  'end-turn': 'end_turn',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  'tool-use': 'tool_use',
  'context-full': 'model_context_window_exceeded',
} as const satisfies Record<StopReason, MessageStopReason>;

export const messageStopReason = (reason: StopReason): MessageStopReason => stopReasons[reason];

/**
 * Every count that `message_delta` may carry. `input_tokens` is what the engine had to read: the
 * client's prompt is that plus the cached part. Writing a cache costs nothing here, so never more than 0.
 */
export function deltaUsage(usage: GenerationUsage): MessageDeltaUsage {
  return {
    input_tokens: usage.promptTokens - usage.cachedTokens,
    output_tokens: usage.outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    server_tool_use: null,
    output_tokens_details: usage.thinkingTokens > 0 ? { thinking_tokens: usage.thinkingTokens } : null,
  };
}

export function messageUsage(usage: GenerationUsage): Usage {
  return {
    ...deltaUsage(usage),
    cache_creation: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

/** The message as it stands before its first block. */
export function emptyMessage(identity: AnswerIdentity, prompt: PromptCounts): Message {
  const { promptTokens, cachedTokens } = prompt;
  return {
    id: identity.messageId,
    type: 'message',
    role: 'assistant',
    model: identity.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: messageUsage({ promptTokens, cachedTokens, outputTokens: 0, thinkingTokens: 0 }),
  };
}
