/**
 * What clients read: answers, usage, catalogue entries, errors. Types only: we write these, we
 * never read them. `null` where the real API sends null: typed clients look.
 */
import type { ErrorType } from '../errors.ts';

export interface Usage {
  /** The uncached rest: the whole prompt is this plus both cache figures. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens: number | null;
  readonly cache_read_input_tokens: number | null;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  } | null;
  readonly server_tool_use: { readonly web_search_requests: number; readonly web_fetch_requests: number } | null;
  readonly service_tier: 'standard' | 'priority' | 'batch' | null;
  readonly inference_geo: string | null;
  readonly speed: 'standard' | 'fast' | null;
  readonly output_tokens_details: { readonly thinking_tokens: number } | null;
}

export type MessageStopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

/** Without `citations`: a null there is in the SDK's types, but the Vercel AI SDK refuses it. */
export interface TextOutput {
  readonly type: 'text';
  readonly text: string;
}
export interface ThinkingOutput {
  readonly type: 'thinking';
  readonly thinking: string;
  readonly signature: string;
}
export interface ToolUseOutput {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: { readonly type: 'direct' };
}
export type OutputBlock = TextOutput | ThinkingOutput | ToolUseOutput;

export interface Message {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly model: string;
  readonly content: readonly OutputBlock[];
  /** Null only in `message_start`. */
  readonly stop_reason: MessageStopReason | null;
  readonly stop_sequence: string | null;
  readonly stop_details: null;
  readonly container: null;
  readonly diagnostics: null;
  readonly usage: Usage;
  /** Only where the request had the field. */
  readonly context_management?: AppliedContextManagement;
}

/** Nothing is ever cleared here: prompts that do not fit are refused. */
export interface AppliedContextManagement {
  readonly applied_edits: readonly never[];
}

export interface MessageTokensCount {
  readonly input_tokens: number;
  /** Only where the request had the field. */
  readonly context_management?: { readonly original_input_tokens: number };
}

export interface ErrorEnvelope {
  readonly type: 'error';
  readonly error: {
    readonly type: ErrorType;
    readonly message: string;
    readonly details?: { readonly error_code: string; readonly [extra: string]: unknown };
  };
  readonly request_id: string;
}

export interface CapabilitySupport {
  readonly supported: boolean;
}
/** Every key is present: the SDK types know no optional one. */
export interface ModelCapabilities {
  readonly batch: CapabilitySupport;
  readonly citations: CapabilitySupport;
  readonly code_execution: CapabilitySupport;
  readonly image_input: CapabilitySupport;
  readonly pdf_input: CapabilitySupport;
  readonly structured_outputs: CapabilitySupport;
  readonly context_management: CapabilitySupport & {
    readonly clear_thinking_20251015: CapabilitySupport | null;
    readonly clear_tool_uses_20250919: CapabilitySupport | null;
    readonly compact_20260112: CapabilitySupport | null;
  };
  readonly effort: CapabilitySupport & {
    readonly low: CapabilitySupport;
    readonly medium: CapabilitySupport;
    readonly high: CapabilitySupport;
    readonly max: CapabilitySupport;
    readonly xhigh: CapabilitySupport | null;
  };
  readonly server_tools: CapabilitySupport & {
    readonly code_execution: CapabilitySupport;
    readonly web_search: CapabilitySupport;
  };
  readonly thinking: CapabilitySupport & {
    readonly types: {
      readonly enabled: CapabilitySupport;
      readonly adaptive: CapabilitySupport;
      readonly disabled: CapabilitySupport;
      readonly between_tools: CapabilitySupport;
    };
  };
}

export interface ModelInfo {
  readonly id: string;
  readonly type: 'model';
  readonly display_name: string;
  /** RFC 3339; the epoch when unknown. */
  readonly created_at: string;
  readonly max_input_tokens: number | null;
  readonly max_tokens: number | null;
  readonly capabilities: ModelCapabilities | null;
  readonly lifecycle: 'active' | 'deprecated' | 'retired';
  readonly deprecated_at: string | null;
  readonly retires_at: string | null;
  readonly line: 'haiku' | 'sonnet' | 'opus' | 'fable' | 'mythos' | null;
  /** Ours: what Anthropic's entry has no place for. */
  readonly metalyard: YardModelInfo;
}

/** What is known of a model of the yard; of one at an attached server, `AttachedModelInfo` too. */
export interface YardModelInfo extends Partial<AttachedModelInfo> {
  /** Of an alias: the model it stands for now. */
  readonly alias_of?: string;
  readonly tools: boolean;
  /** Machines that serve it now. */
  readonly machines: number;
  /** Weights, all experts counted; null when nobody tells. */
  readonly parameters: number | null;
  /** By the name's convention: `q4`; null when nobody tells. */
  readonly quantisation: string | null;
  /** Higher is better; guessed, see docs/models.md. Null when the size is unknown. */
  readonly quality: number | null;
  /** Of the copies it has. `<id>@<digits>` asks for the model only if it has such a one. */
  readonly digests: readonly string[];
}

/** What the figures of an attached model are worth, and what it was seen to do. */
export interface AttachedModelInfo {
  readonly server: string;
  /** False: the first request loads it. */
  readonly loaded: boolean;
  readonly counting: 'exact' | 'estimated';
  readonly cache_reporting: 'reported' | 'none';
  /** Where `max_input_tokens` comes from. */
  readonly window_from: 'loaded' | 'owner' | 'chosen' | 'assumed';
  /** By capability; null while it has not been probed. */
  readonly probe: Readonly<Record<string, string>> | null;
}
