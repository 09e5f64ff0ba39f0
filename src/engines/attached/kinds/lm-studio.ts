/**
 * LM Studio (lmstudio.ai/docs/developer/rest: models, models/load; the older `/api/v0/models`). Answers unknown
 * paths with status 200 and a text (lmstudio-bug-tracker#2055), so nothing is believed but a body of the right shape.
 */
import type { JsonObject, ListedModel } from '../../../contract/engine/chat.ts';
import { parametersOf } from '../../../contract/model-name.ts';
import { countAt, flagAt, listAt, textAt } from '../json.ts';
import { body, failureOf, openAiDialect, type ServerKind, unloadMs } from '../server-kind.ts';

export const lmStudio: ServerKind = {
  id: 'lm-studio',
  title: 'LM Studio',
  ports: [1234],
  dialect: {
    ...openAiDialect,
    reasoningBack: 'reasoning_content',
    topK: true,
    // `usage` has no cached_tokens.
    cacheUsage: false,
    loadSetsWindow: true,
  },
  chatPath: '/v1/chat/completions',
  form: 'sse',
  async identify(get) {
    const models = listAt(await body(get, '/api/v1/models'), 'models');
    if (models?.every((model) => Array.isArray(model.loaded_instances))) return '0.4 or newer';
    const older = listAt(await body(get, '/api/v0/models'), 'data');
    return older?.every((model) => typeof model.state === 'string') ? 'before 0.4' : null;
  },
  async list(get) {
    const models = listAt(await body(get, '/api/v1/models'), 'models');
    if (models !== null) return models.filter(({ type }) => type === 'llm').map(listModel);
    const older = listAt(await body(get, '/api/v0/models'), 'data');
    return older === null ? null : older.filter(({ type }) => type === 'llm' || type === 'vlm').map(listOlder);
  },
  async load(model, window, post) {
    // Documented flat (`context_length`); versions at the start of 0.4 wanted it in `config`.
    const context = { context_length: window };
    let answer = await post('/api/v1/models/load', { model, ...context }, loadMs);
    if (answer?.status === 400) answer = await post('/api/v1/models/load', { model, config: context }, loadMs);
    // Versions without this path answer 200, as to any other unknown one: the request itself will load it.
    return failureOf(answer);
  },
  // Its list names a loaded model by its instance (lmstudio.ai/docs/developer/rest/unload).
  unload: async (model, post) => failureOf(await post('/api/v1/models/unload', { instance_id: model }, unloadMs)),
};

const loadMs = 30 * 60_000;

function listModel(model: JsonObject): ListedModel {
  const key = textAt(model, 'key') ?? '';
  const instance = listAt(model, 'loaded_instances')?.[0];
  return {
    // Requests that name the instance go to it, and load no second one.
    name: textAt(instance, 'id') ?? key,
    displayName: textAt(model, 'display_name') ?? key,
    digest: null,
    createdAtMs: 0,
    state: instance === undefined ? 'loadable' : 'loaded',
    loadedWindow: countAt(instance, 'config', 'context_length'),
    trainedWindow: countAt(model, 'max_context_length'),
    slots: countAt(instance, 'config', 'parallel'),
    // One that was not trained for tools is offered them in a general form.
    tools: flagAt(model, 'capabilities', 'trained_for_tool_use') === true ? true : null,
    thinking: null,
    vision: flagAt(model, 'capabilities', 'vision'),
    quantisation: textAt(model, 'quantization', 'name'),
    parameters: parametersOf(textAt(model, 'params_string')),
  };
}

function listOlder(model: JsonObject): ListedModel {
  const id = textAt(model, 'id') ?? '';
  const loaded = model.state === 'loaded';
  return {
    name: id,
    displayName: id,
    digest: null,
    createdAtMs: 0,
    state: loaded ? 'loaded' : 'loadable',
    loadedWindow: loaded ? countAt(model, 'loaded_context_length') : null,
    trainedWindow: countAt(model, 'max_context_length'),
    slots: null,
    tools: null,
    thinking: null,
    vision: model.type === 'vlm',
    quantisation: textAt(model, 'quantization'),
  };
}
