/**
 * The body of `POST /v1/messages` and of `/v1/messages/count_tokens`. Fields that are accepted and
 * have no effect here (`service_tier`, `speed`, `inference_geo`, `diagnostics`, ...) are not listed:
 * unknown fields pass. `features/` says what becomes of each; `limits` has the figures.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { limits } from '../limits.ts';
import { ContentBlockSchema, Dictionary, Maybe, TextContentSchema } from './blocks.ts';

export const UserOrAssistantSchema = Type.Object({
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]),
  content: Type.Union([Type.String(), Type.Array(ContentBlockSchema)]),
});
/** Claude Code sends one as the second message of every conversation. */
export const SystemInConversationSchema = Type.Object({
  role: Type.Literal('system'),
  content: Maybe(Type.Union([Type.String(), Type.Array(ContentBlockSchema)])),
  /** `next_user_message`: no longer shown once a later user message exists. */
  clear_at: Type.Optional(Type.Unknown()),
});
export const InputMessageSchema = Type.Union([UserOrAssistantSchema, SystemInConversationSchema]);
export type InputMessage = Static<typeof InputMessageSchema>;

const ToolName = Type.String({ pattern: '^[a-zA-Z0-9_-]{1,128}$' });

export const CustomToolSchema = Type.Object({
  type: Maybe(Type.Literal('custom')),
  name: ToolName,
  input_schema: Dictionary,
  description: Maybe(Type.String()),
  strict: Maybe(Type.Boolean()),
  /** Hidden until a `tool_reference` names it. */
  defer_loading: Maybe(Type.Boolean()),
  input_examples: Type.Optional(Type.Unknown()),
});

/** A tool whose schema Anthropic defines: one the client runs (`bash_*`), or one Anthropic runs (`web_search_*`). */
export const TypedToolSchema = Type.Object({
  type: Type.String({ pattern: '^(?!custom$)' }),
  name: Type.Optional(ToolName),
  strict: Maybe(Type.Boolean()),
  defer_loading: Maybe(Type.Boolean()),
});
export const ToolSchema = Type.Union([CustomToolSchema, TypedToolSchema]);
export type Tool = Static<typeof ToolSchema>;

const parallel = { disable_parallel_tool_use: Maybe(Type.Boolean()) };
export const ToolChoiceSchema = Type.Union([
  Type.Object({ type: Type.Literal('auto'), ...parallel }),
  Type.Object({ type: Type.Literal('any'), ...parallel }),
  Type.Object({ type: Type.Literal('tool'), name: Type.String(), ...parallel }),
  Type.Object({ type: Type.Literal('none') }),
]);

/** Any form passes: forms differ between API versions and none may fail at a local model. */
export const ThinkingConfigSchema = Type.Object({
  type: Type.String(),
  budget_tokens: Maybe(Type.Integer()),
  display: Type.Optional(Type.Unknown()),
});
export type ThinkingConfig = Static<typeof ThinkingConfigSchema>;

export const JsonFormatSchema = Type.Object({ type: Type.Literal('json_schema'), schema: Dictionary });

/** What both endpoints read. */
const shared = {
  model: Type.String({ minLength: 1, maxLength: 256 }),
  messages: Type.Array(InputMessageSchema, { minItems: 1, maxItems: limits.messages }),
  system: Maybe(TextContentSchema),
  tools: Maybe(Type.Array(ToolSchema, { maxItems: limits.toolsSent })),
  tool_choice: Maybe(ToolChoiceSchema),
  thinking: Maybe(ThinkingConfigSchema),
  output_config: Maybe(Type.Object({ format: Maybe(JsonFormatSchema) })),
  /** Deprecated twin of `output_config.format`. */
  output_format: Maybe(JsonFormatSchema),
  /** Edits are reported as not applied. */
  context_management: Type.Optional(Type.Unknown()),
  // Refused with a sentence when they ask for something.
  compaction: Type.Optional(Type.Unknown()),
  mcp_servers: Type.Optional(Type.Unknown()),
  thread: Type.Optional(Type.Unknown()),
};

export const CountTokensRequestSchema = Type.Object(shared);
export const MessagesRequestSchema = Type.Object({
  ...shared,
  /** 0: read the prompt, generate nothing. */
  max_tokens: Type.Integer({ minimum: 0 }),
  stream: Maybe(Type.Boolean()),
  stop_sequences: Maybe(
    Type.Array(Type.String({ maxLength: limits.stopSequenceChars }), { maxItems: limits.stopSequences }),
  ),
  temperature: Maybe(Type.Number()),
  top_p: Maybe(Type.Number()),
  top_k: Maybe(Type.Integer()),
  metadata: Maybe(Type.Object({ user_id: Maybe(Type.String({ maxLength: limits.userIdChars })) })),
});
export type MessagesRequest = Static<typeof MessagesRequestSchema>;

/** Compiled once; a check of a 100 KB body costs microseconds and copies nothing. */
export const messagesRequestCheck = Compile(MessagesRequestSchema);
export const countTokensRequestCheck = Compile(CountTokensRequestSchema);
