/**
 * llama-server of llama.cpp (tools/server/README.md; shapes recorded from a real one, 2026-10). Its `/props`
 * tells the context of one slot, `/v1/models` that of the same slot in `meta.n_ctx`. In router mode it lists
 * models with a `status` and loads them on demand.
 */
import type { JsonObject, ListedModel } from '../../../contract/engine/chat.ts';
import { at, countAt, flagAt, listAt, textAt } from '../json.ts';
import { body, openAiDialect, type Post, type ServerKind } from '../server-kind.ts';

export const llamaServer: ServerKind = {
  id: 'llama-server',
  title: 'llama-server',
  ports: [8080],
  dialect: {
    ...openAiDialect,
    // Streaming with progress is what makes it notice a closed connection while it reads a prompt.
    always: { ...openAiDialect.always, return_progress: true, cache_prompt: true },
    thinkingSwitch: 'template-kwargs',
    reasoningBack: 'reasoning_content',
    // One grammar per answer: that of the schema lets no call through (seen on a real one, 2026-10).
    schemaWithTools: false,
    topK: true,
    prefillProgress: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  async identify(get) {
    // TabbyAPI imitates /props, but says no build there and owns its models by its own name.
    const build = textAt(await body(get, '/props'), 'build_info');
    if (build !== null) return build;
    // While it loads, every path but /health answers 503.
    const health = await get('/health');
    return health?.status === 503 && textAt(health.json, 'error', 'type') === 'unavailable_error' ? '' : null;
  },
  async list(get) {
    const models = listAt(await body(get, '/v1/models'), 'data');
    if (models === null) return (await get('/health'))?.status === 503 ? [] : null;
    const props = await body(get, '/props');
    return models.map((model) => (model.status === undefined ? served(model, props) : routed(model)));
  },
  count: async (request, post) =>
    (await counted(post, '/v1/chat/completions/input_tokens', request)) ?? (await countedInSteps(post, request)),
};

function served(model: JsonObject, props: unknown): ListedModel {
  const name = textAt(model, 'id') ?? '';
  return {
    ...listed(model, name),
    state: 'loaded',
    loadedWindow: countAt(props, 'default_generation_settings', 'n_ctx') ?? countAt(model, 'meta', 'n_ctx'),
    slots: countAt(props, 'total_slots'),
    // A template without a place for tools gets a general one.
    tools: flagAt(props, 'chat_template_caps', 'supports_tools') === true ? true : null,
    // Only the template knows; the probe finds out.
    thinking: textAt(props, 'chat_template')?.includes('think') ?? null,
    vision: flagAt(props, 'modalities', 'vision'),
  };
}

/** A model of the router: what its own llama-server would say is known once it runs. */
function routed(model: JsonObject): ListedModel {
  const state = textAt(model, 'status', 'value');
  return {
    ...listed(model, textAt(model, 'id') ?? ''),
    state: state === 'loaded' ? 'loaded' : state === 'loading' ? 'loading' : 'loadable',
    loadedWindow: countAt(model, 'meta', 'n_ctx'),
    slots: null,
    tools: null,
    thinking: null,
    vision: null,
  };
}

const listed = (model: JsonObject, name: string) => ({
  name,
  // Without an alias it is the path of the file, which is nobody's business.
  displayName: name.split(/[/\\]/).at(-1) ?? name,
  digest: null,
  // The `created` of its list is the time of asking.
  createdAtMs: 0,
  trainedWindow: countAt(model, 'meta', 'n_ctx_train'),
});

async function counted(post: Post, path: string, request: JsonObject): Promise<number | null> {
  const answer = await post(path, request, countMs);
  return answer?.status === 200 ? countAt(answer.json, 'input_tokens') : null;
}

/** Older servers: render, then tokenize. */
async function countedInSteps(post: Post, request: JsonObject): Promise<number | null> {
  const rendered = await post('/apply-template', request, countMs);
  const prompt = rendered?.status === 200 ? textAt(rendered.json, 'prompt') : null;
  if (prompt === null) return null;
  const answer = await post('/tokenize', { content: prompt, add_special: true, parse_special: true }, countMs);
  const tokens = answer?.status === 200 ? at(answer.json, 'tokens') : undefined;
  return Array.isArray(tokens) ? tokens.length : null;
}

/** An offer must be answered within 5 s; a prompt of 100,000 tokens is counted in well under one. */
const countMs = 3_000;
