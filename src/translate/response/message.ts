/**
 * The answer as Anthropic's API shapes it (messages-api §5), and how our counts and reasons map to
 * it. All fields of the newest SDK's types are present, so that no client meets `undefined`.
 */
import type { GenerationUsage, StopReason } from '../../contract/generation/events.ts';

export type AnthropicStopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'model_context_window_exceeded';

export interface MessageUsage {
  /** Prompt tokens the engine had to read: the client's prompt is this plus the cached ones. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Always 0: nothing is charged for writing a cache here. */
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: null;
  readonly server_tool_use: null;
  readonly service_tier: 'standard';
  readonly inference_geo: null;
  readonly speed: null;
  readonly output_tokens_details: { readonly thinking_tokens: number } | null;
}

export type AnswerBlock =
  | { readonly type: 'text'; readonly text: string; readonly citations: null }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly caller: { readonly type: 'direct' };
    };

export interface AnswerMessage {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly model: string;
  readonly content: readonly AnswerBlock[];
  readonly stop_reason: AnthropicStopReason | null;
  readonly stop_sequence: string | null;
  readonly stop_details: null;
  readonly container: null;
  readonly diagnostics: null;
  readonly usage: MessageUsage;
}

/** What an answer is called, and how its reasoning is signed. */
export interface AnswerIdentity {
  /** Unique per answer: Claude Code merges turns that share one. */
  readonly messageId: string;
  /** The served model's id. */
  readonly model: string;
  /** Our signature over one whole thinking text. */
  readonly signThinking: (text: string) => string;
}

const stopReasons = {
  'end-turn': 'end_turn',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  'tool-use': 'tool_use',
  'context-full': 'model_context_window_exceeded',
} as const satisfies Record<StopReason, AnthropicStopReason>;

export const anthropicStopReason = (reason: StopReason): AnthropicStopReason => stopReasons[reason];

/** Counts as the client sees them; `promptTokens` splits into a read and a cached part. */
export function messageUsage(usage: GenerationUsage): MessageUsage {
  return {
    input_tokens: usage.promptTokens - usage.cachedTokens,
    output_tokens: usage.outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    cache_creation: null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
    output_tokens_details: usage.thinkingTokens > 0 ? { thinking_tokens: usage.thinkingTokens } : null,
  };
}

/** The message as it stands before its first block. */
export function emptyMessage(identity: AnswerIdentity, prompt: { promptTokens: number; cachedTokens: number }) {
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
    usage: messageUsage({ ...prompt, outputTokens: 0, thinkingTokens: 0 }),
  } as const satisfies AnswerMessage;
}
