/** Servers that are wrong about tools, counts and models. */
import { failure, type Json, ok } from '../server/answers.ts';
import { accepts, crashes, ignores, instead, message, refuses } from '../server/damage.ts';
import type { Defect } from '../server/scripted-server.ts';
import type { DefectTable } from './table.ts';

const results = (body: Json): readonly Json[] =>
  (body?.messages ?? []).flatMap(({ content }: Json) => content).filter((block: Json) => block?.type === 'tool_result');
const speaks = (what: string) =>
  message(what, (seen) => ({ ...seen, content: [{ type: 'text', text: 'I would call the tool.' }] }));
const input = (what: string, wrong: Json) =>
  message(what, (seen) => ({ ...seen, content: seen.content.map((block: Json) => ({ ...block, input: wrong })) }));
const call = { type: 'tool_use', id: 'toolu_x', name: 'pick_colour', input: {} };
const toolType = (type: string) => (body: Json) => body?.tools?.[0]?.type === type;

export const tools: DefectTable = {
  'tools/choice-tool': ignores('takes the first tool', (body) =>
    body.tool_choice?.type === 'tool' ? { ...body, tool_choice: { type: 'any' } } : body,
  ),
  'tools/choice-any': speaks('only speaks of it'),
  'tools/choice-none': message('calls all the same', (seen) => ({ ...seen, content: [call] })),
  'tools/choice-auto': message('calls what is not there', (seen) => ({ ...seen, content: [{ ...call, name: 'ls' }] })),
  'tools/use-shape': input('input as text', '{"colour":"red"}'),
  'tools/use-stop-reason': message('always the end of a turn', (seen) => ({ ...seen, stop_reason: 'end_turn' })),
  'tools/use-ids-unique': message('numbers calls from 0', (seen) => ({
    ...seen,
    content: seen.content.map((block: Json) => ({ ...block, id: 'call_0' })),
  })),
  'tools/input-fits-schema': input('loses nesting', { full: true, inside: 'apple', lid: 'red' }),
  'tools/strict': input('another colour', { colour: 'mauve' }),
  'tools/result-string': ignores('drops results', (body) => withResults(body, '')),
  'tools/result-blocks': ignores('reads one block', (body) => withResults(body, [{ type: 'text', text: 'ok' }])),
  'tools/result-error': refuses('no errors', (body) => results(body).some(({ is_error }) => is_error === true)),
  'tools/result-empty': refuses('wants content', (body) => results(body).some(({ content }) => content === undefined)),
  'tools/result-image': crashes('images break it', (body) =>
    results(body).some(({ content }) => Array.isArray(content)),
  ),
  'tools/parallel-results': refuses('one result a message', (body) => results(body).length > 1),
  'tools/call-sent-back': refuses('does not know its own fields', (body) =>
    JSON.stringify(body?.messages ?? []).includes('"caller"'),
  ),
  'tools/one-call-at-most': message('always two calls', (seen) => ({
    ...seen,
    content: [...seen.content, { ...call, id: 'toolu_y' }],
  })),
  'tools/definitions-read': ignores('drops descriptions', (body) => ({
    ...body,
    tools: body.tools?.map(({ description: _, ...tool }: Json) => tool),
  })),
  'tools/deferred-hidden': ignores('shows every tool', (body) => ({
    ...body,
    tools: body.tools?.map(({ defer_loading: _, ...tool }: Json) => tool),
  })),
  'tools/deferred-loaded': ignores('never shows a deferred tool', (body) => ({
    ...body,
    tools: body.tools?.filter(({ defer_loading }: Json) => defer_loading !== true),
  })),
  'tools/eager-streaming': refuses('unknown field', (body) => body?.tools?.[0]?.eager_input_streaming === true),
  'tools/name-forms': message('short names', (seen) => ({
    ...seen,
    content: seen.content.map((block: Json) => ({ ...block, name: block.name?.slice(0, 40) })),
  })),
  'tools/description-optional': refuses('wants a description', (body) => body?.tools?.[0]?.description === undefined),
  'tools/bash-tool': crashes('no schema', toolType('bash_20250124')),
  'tools/editor-tool': crashes('no schema', toolType('text_editor_20250728')),
  'tools/web-search': crashes('no search', toolType('web_search_20250305')),
};

function withResults(body: Json, content: Json): Json {
  const messages = body.messages.map((turn: Json) =>
    Array.isArray(turn.content)
      ? {
          ...turn,
          content: turn.content.map((block: Json) => (block.type === 'tool_result' ? { ...block, content } : block)),
        }
      : turn,
  );
  return { ...body, messages };
}

const usageWith = (what: string, change: (usage: Json) => Json): Defect =>
  message(what, (seen) => ({ ...seen, usage: { ...seen.usage, ...change(seen.usage) } }));

let asked = 0;

export const usage: DefectTable = {
  'usage/integers': usageWith('no figure for the prompt', () => ({ input_tokens: null })),
  'usage/prompt-counted': usageWith('always ten', () => ({ input_tokens: 10 })),
  'usage/output-within-limit': usageWith('counts more', ({ output_tokens }) => ({ output_tokens: output_tokens + 1 })),
  'usage/same-prompt-same-size': usageWith('counts the cache twice', () => ({ cache_read_input_tokens: ++asked })),
};

const counts = (what: string, change: (tokens: number) => number): Defect => ({
  what,
  async handle(exchange, next) {
    const answer = await next(exchange);
    if (!exchange.path.endsWith('/count_tokens') || answer.status !== 200) return answer;
    return ok({ input_tokens: change(answer.json.input_tokens) });
  },
});

export const counting: DefectTable = {
  'counting/answers': instead('another name', (_, { path }) => path.endsWith('/count_tokens'), ok({ tokens: 7 })),
  'counting/equals-usage': counts('half of it', (tokens) => Math.ceil(tokens / 2)),
  'counting/parts-counted': counts('a constant', () => 9),
  'counting/steady': counts('a guess', (tokens) => tokens + ++asked),
  'counting/many-at-once': {
    what: 'a few at a time',
    handle(exchange, next) {
      if (exchange.bytes.includes('word word word')) return failure(429, 'rate_limit_error', 'slow down');
      return next(exchange);
    },
  },
  'counting/options-accepted': refuses('counts messages only', (body) => body?.thinking !== undefined),
  'counting/validates': accepts('counts nothing at all'),
  'counting/model-unknown': accepts('counts for any model', (body) => body?.model === 'no-such-model'),
};

const catalogue = (what: string, change: (page: Json) => Json): Defect => ({
  what,
  async handle(exchange, next) {
    const answer = await next(exchange);
    return exchange.path === '/v1/models' ? ok(change(answer.json)) : answer;
  },
});
const entries = (what: string, change: (entry: Json) => Json): Defect =>
  catalogue(what, (page) => ({ ...page, data: page.data.map(change) }));

export const models: DefectTable = {
  'models/list': catalogue("OpenAI's list", ({ data }) => ({ object: 'list', data })),
  'models/entry-shape': entries('time as a number', (entry) => ({ ...entry, created_at: undefined, created: 0 })),
  'models/limit': ignoresQuery('always the whole list', 'limit'),
  'models/next-page': ignoresQuery('always the first page', 'after_id'),
  'models/retrieve': instead('no single entries', (_, { path }) => path.startsWith('/v1/models/'), ok({})),
  'models/unknown': accepts('knows every model', (_, { path }) => path.startsWith('/v1/models/')),
  'models/limits-stated': entries('limits in words', (entry) => ({ ...entry, max_input_tokens: '32k' })),
  'models/capabilities-whole': entries('half a list', (entry) => ({
    ...entry,
    capabilities: { batch: { supported: false } },
  })),
};

function ignoresQuery(what: string, name: string): Defect {
  return {
    what,
    handle(exchange, next) {
      const query = new URLSearchParams(exchange.query);
      query.delete(name);
      return next({ ...exchange, query });
    },
  };
}
