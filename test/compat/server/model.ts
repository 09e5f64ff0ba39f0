/**
 * The model of the scripted server: says "1, 2, 3, ..." one number a token, calls forced tools with
 * the first allowed input, thinks when asked to. A token is a word.
 */
import type { Json } from './answers.ts';

let answers = 0;
let calls = 0;

export function answerOf(body: Json): Json {
  const { content, outputTokens, stop_reason, stop_sequence } = generate(body);
  return {
    id: `msg_${++answers}`,
    type: 'message',
    role: 'assistant',
    model: body.model,
    content,
    stop_reason,
    stop_sequence: stop_sequence ?? null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: promptTokens(body),
      output_tokens: outputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: null,
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
      speed: null,
      output_tokens_details: null,
    },
  };
}

interface Generated {
  readonly content: readonly Json[];
  readonly outputTokens: number;
  readonly stop_reason: string;
  readonly stop_sequence?: string;
}

function generate(body: Json): Generated {
  if (body.max_tokens === 0) return { content: [], outputTokens: 0, stop_reason: 'max_tokens' };
  const choice = body.tool_choice?.type;
  if (choice === 'any' || choice === 'tool') {
    const tool = choice === 'any' ? body.tools[0] : body.tools.find(({ name }: Json) => name === body.tool_choice.name);
    const call = {
      type: 'tool_use',
      id: `toolu_${++calls}`,
      name: tool.name,
      input: smallest(tool.input_schema ?? { type: 'object' }),
      caller: { type: 'direct' },
    };
    return { content: [call], outputTokens: 5, stop_reason: 'tool_use' };
  }
  const format = body.output_config?.format ?? body.output_format;
  if (format) return spoken(JSON.stringify(smallest(format.schema)), 5, 'end_turn');
  const thinks = body.thinking?.type === 'enabled' || body.thinking?.type === 'adaptive';
  const thought = thinks
    ? [
        {
          type: 'thinking',
          thinking: body.thinking.display === 'omitted' ? '' : 'Let me think.',
          signature: 'c2lnbmVk',
        },
      ]
    : [];
  const said = count(body);
  return {
    ...said,
    content: [...thought, ...said.content],
    outputTokens: said.outputTokens + (thinks ? 3 : 0),
  };
}

const spoken = (text: string, outputTokens: number, stop_reason: string): Generated => ({
  content: text === '' ? [] : [{ type: 'text', text }],
  outputTokens,
  stop_reason,
});

const longestCount = 30;

function count({ max_tokens, stop_sequences = [] }: Json): Generated {
  const highest = max_tokens >= 3_000 ? 300 : longestCount;
  const tokens = Math.min(max_tokens, highest);
  const text = Array.from({ length: tokens }, (_, index) => `${index + 1}, `)
    .join('')
    .trimEnd();
  const stops = (stop_sequences ?? [])
    .map((stop: string) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }: { at: number }) => at >= 0)
    .sort((a: { at: number }, b: { at: number }) => a.at - b.at);
  if (stops.length > 0) {
    const { stop, at } = stops[0];
    return { ...spoken(text.slice(0, at), at + 1, 'stop_sequence'), stop_sequence: stop };
  }
  return spoken(text, tokens, max_tokens < highest ? 'max_tokens' : 'end_turn');
}

/** The first value a schema allows. */
function smallest(schema: Json): Json {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, value]) => [name, smallest(value)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => smallest(schema.items));
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return 'x';
  }
}

/** Words of what the model is shown: a deferred tool is not, until something refers to it. */
export function promptTokens({ system, messages, tools }: Json): number {
  const shown = (tools ?? []).filter(
    ({ name, defer_loading }: Json) => defer_loading !== true || isReferred(messages, name),
  );
  const lastUser = messages.findLastIndex(({ role }: Json) => role === 'user');
  const kept = messages.filter(({ clear_at }: Json, at: number) => clear_at !== 'next_user_message' || at > lastUser);
  const text = JSON.stringify([system ?? '', kept.map(({ role, content }: Json) => [role, content]), shown]);
  return text.split(/[^A-Za-z0-9]+/).length;
}

const isReferred = (messages: Json, name: string): boolean =>
  JSON.stringify(messages).includes(`"tool_name":${JSON.stringify(name)}`);
