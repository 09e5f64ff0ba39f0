/**
 * llama-server of llama.cpp (tools/server/README.md; shapes recorded from real ones, 2026-10 and, as a router,
 * b10434). Its `/props` tells the context of one slot, `/v1/models` that of the same slot in `meta.n_ctx`.
 *
 * As a router it runs one llama-server for each model, lists them with a `status`, and starts one for the first
 * request that names it. What needs no model must say `autoload=false`, or counting a prompt would load gigabytes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatFailure, JsonObject, ListedModel } from '../../../contract/engine/chat.ts';
import { at, countAt, flagAt, listAt, textAt } from '../json.ts';
import { body, failureOf, type Get, openAiDialect, type Post, type ServerKind, unloadMs } from '../server-kind.ts';

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
    const props = await body(get, '/props');
    const build = textAt(props, 'build_info');
    if (build !== null) return build;
    // Routers of 2026-01 and before told no build.
    if (textAt(props, 'role') === 'router') return '';
    // While it loads, every path but /health answers 503.
    const health = await get('/health');
    return health?.status === 503 && textAt(health.json, 'error', 'type') === 'unavailable_error' ? '' : null;
  },
  async list(get) {
    const models = listAt(await body(get, '/v1/models'), 'data');
    if (models === null) return (await get('/health'))?.status === 503 ? [] : null;
    const props = await body(get, '/props');
    if (textAt(props, 'role') !== 'router') return models.map((model) => served(model, props));
    // One that may not be started by a request is not on offer until its owner has started it.
    const offered = flagAt(props, 'models_autoload') === false ? models.filter(isRunning) : models;
    return Promise.all(offered.map((model) => routed(model, get)));
  },
  count: async (request, post) => (await counted(post, request)) ?? (await countedInSteps(post, request)),
  load: (model, _window, post, get) => loadByRouter(model, post, get),
  // Of a router; another one holds its model for as long as it runs, and answers 404.
  unload: async (model, post) => failureOf(await post('/models/unload', { model }, unloadMs)),
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

const statusOf = (model: JsonObject): string => textAt(model, 'status', 'value') ?? '';
/** A sleeping one wakes with the next request. */
const isRunning = (model: JsonObject): boolean => ['loaded', 'sleeping', 'loading'].includes(statusOf(model));

/** A model of the router: its own llama-server tells the rest once it runs. */
async function routed(model: JsonObject, get: Get): Promise<ListedModel> {
  const name = textAt(model, 'id') ?? '';
  const status = statusOf(model);
  if (status === 'loaded' || status === 'sleeping') {
    return served(model, await body(get, `/props?model=${encodeURIComponent(name)}&autoload=false`));
  }
  const configuredWindow = windowOf(model);
  return {
    ...listed(model, name),
    // Besides `unloaded` there are `loading`, `downloading` and `downloaded`, which end by themselves.
    state: status === 'unloaded' ? 'loadable' : 'loading',
    loadedWindow: null,
    ...(configuredWindow === null ? {} : { configuredWindow }),
    slots: null,
    tools: null,
    thinking: null,
    vision: null,
  };
}

/** Of the arguments it will be started with: the context of one slot. Slots share it unless their number is set. */
function windowOf(model: JsonObject): number | null {
  const args = at(model, 'status', 'args');
  if (!Array.isArray(args)) return null;
  const numberAfter = (...flags: readonly string[]): number =>
    Number(args[args.findIndex((arg) => flags.includes(arg)) + 1] ?? Number.NaN);
  const window = numberAfter('--ctx-size', '-c');
  const slots = args.includes('--kv-unified') ? 1 : numberAfter('--parallel', '-np');
  if (!Number.isInteger(window) || window <= 0) return null;
  return Math.floor(window / (Number.isInteger(slots) && slots > 0 ? slots : 1));
}

/** Resolves when the model has been loaded or has failed; the router itself answers at once. */
async function loadByRouter(model: string, post: Post, get: Get): Promise<ChatFailure | null> {
  const refused = await startByRouter(model, post);
  if (refused !== null) return refused;
  for (;;) {
    const models = listAt(await body(get, '/v1/models'), 'data');
    if (models === null) return { kind: 'unreachable', why: 'no answer while it loaded the model' };
    const found = models.find(({ id }) => id === model);
    if (found === undefined || statusOf(found) === 'unloaded') {
      return { kind: 'status', status: 500, body: 'the model failed to load' };
    }
    if (statusOf(found) === 'loaded' || statusOf(found) === 'sleeping') return null;
    await rest();
  }
}

/** Null: it has been started, here or by a request beside this one. */
async function startByRouter(model: string, post: Post): Promise<ChatFailure | null> {
  for (let waitedMs = 0; ; waitedMs += loadLookMs) {
    const answer = await post('/models/load', { model }, countMs);
    if (answer?.status === 200 || /already running/.test(answer?.text ?? '')) return null;
    // It holds as many models as it may, and none of them has a moment.
    if (!/model limit reached/.test(answer?.text ?? '')) return failureOf(answer);
    if (waitedMs >= roomMs) return { kind: 'status', status: 503, body: 'its other models are busy' };
    await rest();
  }
}

const rest = (): Promise<void> => sleep(loadLookMs, undefined, { ref: false });
/** A model that is busy longer than this keeps its place, ms. */
const roomMs = 120_000;
/** Between two looks at a model that loads, ms. */
const loadLookMs = 250;

const listed = (model: JsonObject, name: string) => ({
  name,
  // Without an alias it is the path of the file, which is nobody's business.
  displayName: name.split(/[/\\]/).at(-1) ?? name,
  digest: null,
  // The `created` of its list is the time of asking.
  createdAtMs: 0,
  trainedWindow: countAt(model, 'meta', 'n_ctx_train'),
});

async function counted(post: Post, request: JsonObject): Promise<number | null> {
  const answer = await post('/v1/chat/completions/input_tokens?autoload=false', request, countMs);
  return answer?.status === 200 ? countAt(answer.json, 'input_tokens') : null;
}

/** Older servers: render, then tokenize. */
async function countedInSteps(post: Post, request: JsonObject): Promise<number | null> {
  const rendered = await post('/apply-template?autoload=false', request, countMs);
  const prompt = rendered?.status === 200 ? textAt(rendered.json, 'prompt') : null;
  if (prompt === null) return null;
  const text = { model: request.model, content: prompt, add_special: true, parse_special: true };
  const answer = await post('/tokenize?autoload=false', text, countMs);
  const tokens = answer?.status === 200 ? at(answer.json, 'tokens') : undefined;
  return Array.isArray(tokens) ? tokens.length : null;
}

/** An offer must be answered within 5 s; a prompt of 100,000 tokens is counted in well under one. */
const countMs = 3_000;
