/** Servers that do not read what they are sent, or refuse what they should read. */
import type { Json } from '../server/answers.ts';
import { ok } from '../server/answers.ts';
import { accepts, crashes, ignores, instead, message, refuses } from '../server/damage.ts';
import type { DefectTable } from './table.ts';

const has = (field: string) => (body: Json) => body?.[field] !== undefined;
const contentOf = (body: Json): readonly Json[] => (body?.messages ?? []).flatMap(({ content }: Json) => content);
const hasBlock = (type: string) => (body: Json) => contentOf(body).some((block) => block?.type === type);
/** Every block of a type is gone before the model sees it. */
const blindTo = (what: string, type: string) =>
  ignores(what, (body) => ({
    ...body,
    messages: body.messages.map((turn: Json) =>
      Array.isArray(turn.content)
        ? { ...turn, content: turn.content.filter((block: Json) => block.type !== type) }
        : turn,
    ),
  }));

export const messages: DefectTable = {
  'messages/content-string': refuses('wants blocks', (body) => typeof body?.messages?.[0]?.content === 'string'),
  'messages/content-blocks': ignores('reads one block of each message', (body) => ({
    ...body,
    messages: body.messages.map((turn: Json) => ({ ...turn, content: [turn.content].flat().slice(0, 1) })),
  })),
  'messages/system-string': ignores('reads no system prompt', ({ system: _, ...body }) => body),
  'messages/system-blocks': ignores('reads the first system block', (body) => ({
    ...body,
    system: [body.system].flat().slice(0, 1),
  })),
  'messages/system-in-conversation': ignores('drops system messages', (body) => ({
    ...body,
    messages: body.messages.filter(({ role }: Json) => role !== 'system'),
  })),
  'messages/system-between-turns': refuses('no system messages', (body) =>
    body?.messages?.some(({ role }: Json) => role === 'system'),
  ),
  'messages/clear-at': ignores('keeps every system message', (body) => ({
    ...body,
    messages: body.messages.map(({ clear_at: _, ...turn }: Json) => turn),
  })),
  'messages/several-turns': ignores('reads the last turn', (body) => ({ ...body, messages: body.messages.slice(-1) })),
  'messages/consecutive-turns': refuses('wants roles to alternate', (body) =>
    body?.messages?.some(({ role }: Json, at: number) => role === body.messages[at - 1]?.role),
  ),
  'messages/prefill': message('repeats the prefill', (seen, body) =>
    body.messages.at(-1)?.role === 'assistant'
      ? { ...seen, content: [{ type: 'text', text: `${body.messages.at(-1).content} 4` }] }
      : seen,
  ),
  'messages/empty-tools': refuses('wants at least one tool', (body) => body?.tools?.length === 0),
  'messages/null-options': refuses('takes no null', (body) => body?.speed === null),
  'messages/stream-false': instead('knows only streams', (body) => body?.stream === false, ok({ type: 'stream' })),
  'messages/cache-control': refuses('no caching', has('cache_control')),
  'messages/metadata': refuses('short user ids', (body) => (body?.metadata?.user_id?.length ?? 0) > 20),
  'messages/service-tier': refuses('no tiers', has('service_tier')),
  'messages/sampling-options': refuses('no top_k', has('top_k')),
  'messages/unknown-fields': crashes('unknown fields break it', has('safeguards')),
  'messages/context-management': refuses('refuses without a name', has('context_management')),
  'messages/claude-code-request': refuses('no efforts', (body) => body?.output_config?.effort === 'high'),
  'messages/max-tokens-zero': refuses('wants tokens', (body) => body?.max_tokens === 0),
  'messages/max-tokens-huge': refuses('a limit of its own', (body) => body?.max_tokens > 4_096),
};

export const content: DefectTable = {
  'content/document-text': blindTo('drops documents', 'document'),
  'content/document-blocks': crashes('documents break it', hasBlock('document')),
  'content/search-result': blindTo('drops search results', 'search_result'),
  'content/image-base64': crashes('images break it', hasBlock('image')),
  'content/image-url': refuses('says nothing about images', hasBlock('image')),
  'content/image-type-wrong': accepts('takes any image', hasBlock('image')),
  'content/pdf': crashes('a PDF breaks it', hasBlock('document')),
  'content/server-tool-history': refuses('no foreign blocks', hasBlock('server_tool_use')),
  'content/odd-characters': crashes('no emoji', (_, { bytes }) => bytes.includes('🦊')),
};

const thinks = (type: string) => (body: Json) => body?.thinking?.type === type;
const thought = { type: 'thinking', thinking: 'Hm.', signature: 'x' };

export const thinking: DefectTable = {
  'thinking/enabled': refuses('refuses without a name', thinks('enabled')),
  'thinking/comes-first': message('thinks afterwards', (seen) => ({ ...seen, content: seen.content.toReversed() })),
  'thinking/signed': message('no signature', (seen) => ({
    ...seen,
    content: seen.content.map(({ signature: _, ...block }: Json) => block),
  })),
  'thinking/sent-back': crashes('its own thinking breaks it', hasBlock('thinking')),
  'thinking/empty-signature': refuses('wants a signature', (body) =>
    contentOf(body).some(({ signature }) => signature === ''),
  ),
  'thinking/redacted-history': refuses('redacted thinking', hasBlock('redacted_thinking')),
  'thinking/disabled': message('always thinks', (seen) => ({ ...seen, content: [thought, ...seen.content] })),
  'thinking/unasked': message('thinks aloud', (seen) => ({
    ...seen,
    content: [{ type: 'text', text: '<think>Hm.</think> 7' }],
  })),
  'thinking/adaptive': refuses('knows three displays', (body) => body?.thinking?.display === 'updates'),
  'thinking/display-omitted': ignores('always displays', (body) => ({
    ...body,
    thinking: { ...body.thinking, display: 'summarized' },
  })),
  'thinking/between-tools': refuses('unknown form', thinks('between_tools')),
  'thinking/effort': refuses('three efforts', (body) => ['xhigh', 'max'].includes(body?.output_config?.effort)),
};

const chatter = (seen: Json): Json => ({ ...seen, content: [{ type: 'text', text: 'Sure! {"name":"Ann"}' }] });

export const structuredOutput: DefectTable = {
  'structured-output/json-format': message('chats', chatter),
  'structured-output/json-format-twin': ignores('does not know the old name', ({ output_format: _, ...body }) => body),
  'structured-output/json-format-streamed': ignores('no formats in streams', (body) =>
    body.stream ? { ...body, output_config: undefined } : body,
  ),
  'structured-output/nested': message('flattens', (seen) => ({
    ...seen,
    content: [{ type: 'text', text: '{"fruits":["apple","pear"]}' }],
  })),
};
