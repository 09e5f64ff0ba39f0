/**
 * Ollama (docs/api.md and api/types.go of ollama/ollama). Its OpenAI door cannot set the context and cuts
 * prompts without a word, so its native `/api/chat` is used: there `num_ctx` is set, `truncate` and
 * `shift` are turned off, and a prompt that does not fit is an error.
 */
import type { JsonObject, ListedModel } from '../../../contract/engine/chat.ts';
import { parametersOf } from '../../../contract/model-name.ts';
import { at, countAt, isObject, listAt, textAt, timeOf } from '../json.ts';
import { body, failureOf, openAiDialect, type Post, type ServerKind, unloadMs } from '../server-kind.ts';

/** What `/api/show` says of a model, by digest: it never changes for one. */
const shown = new Map<string, Shown>();
interface Shown {
  readonly trainedWindow: number | null;
  /** Null on versions before 0.6.4, which list none. */
  readonly capabilities: readonly unknown[] | null;
  /** "8B" and "Instruct", where the file says so: its name here may leave both out. */
  readonly size: string | null;
  readonly finetune: string | null;
  readonly parameters: number | null;
}

export const ollama: ServerKind = {
  id: 'ollama',
  title: 'Ollama',
  ports: [11_434],
  dialect: {
    ...openAiDialect,
    wire: 'ollama',
    always: { stream: true, truncate: false, shift: false },
    thinkingSwitch: 'think',
    reasoningBack: 'thinking',
    toolChoice: 'ignored',
    parallelFlag: false,
    jsonSchema: 'format',
    topK: true,
    cacheUsage: false,
    loadSetsWindow: true,
    wholeCalls: true,
  },
  chatPath: '/api/chat',
  form: 'ndjson',
  async identify(get) {
    const greeting = await get('/');
    if (greeting?.status !== 200 || !greeting.text.startsWith('Ollama is running')) return null;
    return textAt(await body(get, '/api/version'), 'version') ?? '';
  },
  async list(get, post) {
    const models = listAt(await body(get, '/api/tags'), 'models');
    if (models === null) return null;
    const running = listAt(await body(get, '/api/ps'), 'models') ?? [];
    const found = await Promise.all(models.map((model) => listModel(model, running, post)));
    return found.filter((model) => model !== null);
  },
  async load(model, window, post) {
    // An empty prompt loads, and says when it has.
    return failureOf(await post('/api/generate', { model, stream: false, options: { num_ctx: window } }, loadMs));
  },
  // An empty prompt that is not to be kept unloads, once running answers have ended (docs/api.md, "Unload a model").
  unload: async (model, post) =>
    failureOf(await post('/api/generate', { model, stream: false, keep_alive: 0 }, unloadMs)),
};

/** Weights of 100 GB from a slow disk. */
const loadMs = 30 * 60_000;

async function listModel(model: JsonObject, running: readonly JsonObject[], post: Post): Promise<ListedModel | null> {
  const name = textAt(model, 'name');
  // Models of its cloud run elsewhere: prompts would leave the machine.
  if (name === null || textAt(model, 'remote_host') !== null) return null;
  const digest = textAt(model, 'digest');
  const loaded = running.find((other) => other.name === name);
  const { trainedWindow, capabilities, size, finetune, parameters } = await show(name, digest ?? name, post);
  if (capabilities !== null && !capabilities.includes('completion')) return null;
  const can = (what: string): boolean | null => capabilities?.includes(what) ?? null;
  return {
    name,
    displayName: name,
    digest,
    createdAtMs: timeOf(textAt(model, 'modified_at')),
    state: loaded === undefined ? 'loadable' : 'loaded',
    loadedWindow: countAt(loaded, 'context_length'),
    trainedWindow,
    // OLLAMA_NUM_PARALLEL is told nowhere.
    slots: null,
    tools: can('tools'),
    thinking: can('thinking'),
    vision: can('vision'),
    quantisation: textAt(model, 'details', 'quantization_level'),
    size,
    finetune,
    parameters: parameters ?? parametersOf(textAt(model, 'details', 'parameter_size')),
  };
}

async function show(name: string, digest: string, post: Post): Promise<Shown> {
  const known = shown.get(digest);
  if (known !== undefined) return known;
  const answer = await post('/api/show', { model: name }, 5_000);
  if (answer?.status !== 200) {
    return { trainedWindow: null, capabilities: null, size: null, finetune: null, parameters: null };
  }
  const info = at(answer.json, 'model_info');
  const architecture = textAt(info, 'general.architecture');
  const capabilities = at(answer.json, 'capabilities');
  const found = {
    trainedWindow: isObject(info) && architecture !== null ? countAt(info, `${architecture}.context_length`) : null,
    capabilities: Array.isArray(capabilities) ? capabilities : null,
    size: textAt(info, 'general.size_label'),
    finetune: textAt(info, 'general.finetune'),
    parameters: countAt(info, 'general.parameter_count'),
  };
  shown.set(digest, found);
  return found;
}
