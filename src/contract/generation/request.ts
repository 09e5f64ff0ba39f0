/**
 * What a machine is asked to generate: the canonical form of a client's request, whatever API it
 * came through. Made once at the gateway (`translate/canonicalise`), rendered on the agent.
 *
 * Two requests that mean the same thing have equal canonical forms, and a later turn of a
 * conversation only ever appends to an earlier one: prefix reuse depends on both.
 */

export interface GenerationRequest {
  /** The served model's id, already resolved. */
  readonly model: string;
  readonly messages: readonly PromptMessage[];
  /**
   * Tools known before the first message, in order of first appearance. A tool that became visible
   * in mid-conversation is not here but where it was loaded (`ToolResultMessage.loadedTools`), so
   * that nothing before that point changes.
   */
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice;
  /** False: at most one tool call per answer. */
  readonly parallelToolCalls: boolean;
  readonly thinking: Thinking;
  readonly output: OutputFormat;
  readonly sampling: Sampling;
  readonly stopSequences: readonly string[];
  /** As asked by the client; the agent clamps it by the room rule. 0: read the prompt, generate nothing. */
  readonly maxTokens: number;
}

export type PromptMessage = SystemMessage | UserMessage | AssistantMessage | ToolResultMessage;

/** The system prompt. At most one, always first. */
export interface SystemMessage {
  readonly role: 'system';
  readonly text: string;
}

export interface UserMessage {
  readonly role: 'user';
  readonly text: string;
  /** Only for models that see. */
  readonly pictures?: readonly Picture[];
  /** Tools made visible here (`tool_addition` in a mid-conversation system message). */
  readonly loadedTools?: readonly ToolDefinition[];
}

/** A picture as the client sent it. */
export interface Picture {
  readonly mediaType: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';
  /** Base64. */
  readonly data: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Characters of the message's text that stand before it. */
  readonly at: number;
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly text: string;
  /** Reasoning the client sent back; templates decide which of it they keep. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
}

/** One result of a tool call. Results of parallel calls follow each other in call order. */
export interface ToolResultMessage {
  readonly role: 'tool';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly text: string;
  readonly isError: boolean;
  /** Only for models that see. */
  readonly pictures?: readonly Picture[];
  /** Tools this result made visible (`tool_reference`). */
  readonly loadedTools?: readonly ToolDefinition[];
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input, as the client sent it (an object schema). */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The client asked for guaranteed schema conformance. */
  readonly strict: boolean;
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'any' }
  | { readonly type: 'none' }
  | { readonly type: 'tool'; readonly name: string };

export interface Thinking {
  /** `on`: reason first. `off`: do not. `auto`: as the model's template does by itself. */
  readonly mode: 'on' | 'off' | 'auto';
  /** Whether reasoning is shown as thinking blocks. When false it is stripped, but still counted. */
  readonly show: boolean;
  /** Not shown, but said: an empty, signed thinking block stands where it was (`display: "omitted"`). */
  readonly omitted?: boolean;
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json'; readonly schema: Readonly<Record<string, unknown>> };

export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
}
