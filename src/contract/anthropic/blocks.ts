/**
 * Content blocks of a request. The schemas check the shape of what we read and let every other
 * field pass: clients send fields no public type knows, and future ones must not fail here.
 */
import { type Static, type TSchema, Type } from 'typebox';

/** A field that may be absent or null. */
export const Maybe = <Schema extends TSchema>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]));

/** Any JSON object. `Type.Record` would walk every key of it. */
export const Dictionary = Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}));

export const TextBlockSchema = Type.Object({
  type: Type.Literal('text'),
  text: Type.String(),
  cache_control: Type.Optional(Type.Unknown()),
});

/** A string, or text blocks: `system`, and the content of `role: system` messages. */
export const TextContentSchema = Type.Union([Type.String(), Type.Array(TextBlockSchema)]);

/** The source stays open: pictures are recognised, and refused or replaced, by what they are. */
export const ImageBlockSchema = Type.Object({
  type: Type.Literal('image'),
  source: Type.Unsafe<{ readonly type?: unknown; readonly media_type?: unknown }>(Type.Object({})),
});

export const DocumentSourceSchema = Type.Union([
  Type.Object({ type: Type.Literal('text'), data: Type.String() }),
  Type.Object({
    type: Type.Literal('content'),
    content: Type.Union([Type.String(), Type.Array(Type.Union([TextBlockSchema, ImageBlockSchema]))]),
  }),
  /** A PDF. */
  Type.Object({ type: Type.Literal('base64'), media_type: Type.Literal('application/pdf'), data: Type.String() }),
  Type.Object({ type: Type.Literal('url') }),
  Type.Object({ type: Type.Literal('file') }),
]);
export const DocumentBlockSchema = Type.Object({
  type: Type.Literal('document'),
  source: DocumentSourceSchema,
  title: Maybe(Type.String()),
  context: Maybe(Type.String()),
});
export type DocumentBlock = Static<typeof DocumentBlockSchema>;

export const SearchResultBlockSchema = Type.Object({
  type: Type.Literal('search_result'),
  source: Type.String(),
  title: Type.String(),
  content: Type.Array(TextBlockSchema),
});
export type SearchResultBlock = Static<typeof SearchResultBlockSchema>;

export const ThinkingBlockSchema = Type.Object({
  type: Type.Literal('thinking'),
  thinking: Type.String(),
  /** May be empty: clients echo whatever they got. */
  signature: Maybe(Type.String()),
});
export const RedactedThinkingBlockSchema = Type.Object({ type: Type.Literal('redacted_thinking') });

export const ToolUseBlockSchema = Type.Object({
  type: Type.Literal('tool_use'),
  id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  input: Dictionary,
});

/** Makes a deferred tool visible from here on. */
export const ToolReferenceBlockSchema = Type.Object({
  type: Type.Literal('tool_reference'),
  tool_name: Type.String(),
});

/** Block types with a schema of their own; every other type passes as `OtherBlock`. */
export const knownBlockTypes = [
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
  'tool_reference',
] as const;

/** Block types we know of and flatten to text or drop; the schema lets any other one pass as well. */
export const otherBlockTypes = [
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
  'mcp_tool_listing',
  'advisor_tool_result',
  'browser_state',
  'container_upload',
  'compaction',
  'fallback',
  'tool_addition',
  'tool_removal',
] as const;

/** Server tool calls and results, beta blocks, blocks of the future. */
export interface OtherBlock {
  readonly type: (typeof otherBlockTypes)[number];
  readonly [field: string]: unknown;
}
export const OtherBlockSchema = Type.Unsafe<OtherBlock>(
  Type.Object({ type: Type.String({ pattern: `^(?!(?:${knownBlockTypes.join('|')})$)` }) }),
);

export const ToolResultBlockSchema = Type.Object({
  type: Type.Literal('tool_result'),
  tool_use_id: Type.String(),
  content: Maybe(
    Type.Union([
      Type.String(),
      Type.Array(
        Type.Union([
          TextBlockSchema,
          ImageBlockSchema,
          DocumentBlockSchema,
          SearchResultBlockSchema,
          ToolReferenceBlockSchema,
          OtherBlockSchema,
        ]),
      ),
    ]),
  ),
  is_error: Maybe(Type.Boolean()),
});
export type ToolResultBlock = Static<typeof ToolResultBlockSchema>;
export type ToolResultContentBlock = Exclude<NonNullable<ToolResultBlock['content']>, string>[number];

export const ContentBlockSchema = Type.Union([
  TextBlockSchema,
  ToolUseBlockSchema,
  ToolResultBlockSchema,
  ThinkingBlockSchema,
  RedactedThinkingBlockSchema,
  ImageBlockSchema,
  DocumentBlockSchema,
  SearchResultBlockSchema,
  OtherBlockSchema,
]);
export type ContentBlock = Static<typeof ContentBlockSchema>;
