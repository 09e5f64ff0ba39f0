/** GET /v1/models and /v1/models/{id}: what connected machines serve, or load when it is asked for, with true limits. */
import type { FastifyInstance } from 'fastify';
import { type FeatureId, supportOf } from '../../contract/anthropic/features/features.ts';
import type { AttachedModelInfo, CapabilitySupport, ModelInfo } from '../../contract/anthropic/response.ts';
import { ApiFailure } from '../../contract/errors.ts';
import type { AttachedModel } from '../../contract/link/attached-model.ts';
import { nameParts } from '../../contract/model-name.ts';
import type { ApiKey } from '../../transport/store/store.ts';
import { allowedModels, listModels, type NameBook, resolveModel } from '../../yard/names/resolve-model.ts';
import type { AvailableModel } from '../../yard/view.ts';
import { pageOf } from './page.ts';
import { traitsOf } from './prepare-request.ts';

export function addModelsRoutes(api: FastifyInstance, names: (key: ApiKey) => NameBook<AvailableModel>): void {
  // A key that may not be served everywhere is told of what there is where it may.
  const near = ({ reachable, ...book }: NameBook<AvailableModel>) => ({ ...book, models: reachable ?? book.models });
  const infos = (book: NameBook<AvailableModel>): ModelInfo[] =>
    listModels(allowedModels(book).filter(isOffered)).map(({ listedId, model }) => modelInfo(listedId, model));

  api.get<{ Querystring: Record<string, unknown> }>('/v1/models', async ({ apiKey, query }) => {
    const book = near(names(apiKey));
    return pageOf([...infos(book), ...aliasInfos(book)], query);
  });

  // An alias is answered with the model it stands for, by its id, as Anthropic's own aliases are.
  api.get<{ Params: { id: string } }>('/v1/models/:id', async (request) => {
    const asked = request.params.id;
    const book = names(request.apiKey);
    const listed = infos(near(book)).find(({ id }) => id === asked);
    if (listed !== undefined) return listed;
    const resolved = resolveModel(asked, book);
    if (!resolved.ok) throw new ApiFailure(resolved.error);
    return modelInfo(resolved.model.id, resolved.model);
  });
}

/** Names of the owner's that stand for a model now, as what they stand for: pickers offer what is listed. */
function aliasInfos(book: NameBook<AvailableModel>): ModelInfo[] {
  return [...book.aliases.keys()].flatMap((name) => {
    const found = resolveModel(name, book);
    // A model that has the name itself is listed already.
    if (!found.ok || found.model.id === name || !isOffered(found.model)) return [];
    const { metalyard, ...info } = modelInfo(name, found.model);
    const shown = `${name}: ${found.model.displayName}`;
    return [{ ...info, display_name: shown, metalyard: { ...metalyard, alias_of: found.model.id } }];
  });
}

/**
 * Ready, or loaded when it is asked for; its limits are known in both cases, and stay known while it is loaded and while its
 * machines take no work.
 */
const isOffered = ({ outlook, window }: AvailableModel): boolean =>
  outlook === 'ready' || outlook === 'available' || ((outlook === 'loading' || outlook === 'shut') && window > 0);

const supported = { supported: true };
const unsupported = { supported: false };

/** As the feature table has it: a model list that disagreed with what is served would be a lie. */
function servedBy(model: AvailableModel): (id: FeatureId) => CapabilitySupport {
  const traits = traitsOf(model);
  return (id) => {
    const { status } = supportOf(id, traits);
    return { supported: status === 'supported' || status === 'degraded' };
  };
}

const attachedInfo = ({
  server,
  loaded,
  counting,
  cacheReporting,
  windowFrom,
  probe,
}: AttachedModel): AttachedModelInfo => ({
  server,
  loaded,
  counting,
  cache_reporting: cacheReporting,
  window_from: windowFrom,
  probe: probe ?? null,
});

/** The shape of `ModelInfo` in the SDK's types; every key present. */
function modelInfo(id: string, model: AvailableModel): ModelInfo {
  const served = servedBy(model);
  return {
    type: 'model',
    id,
    display_name: model.displayName,
    created_at: new Date(model.createdAtMs).toISOString(),
    max_input_tokens: model.window,
    max_tokens: model.window,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: {
      batch: served('endpoint.batches'),
      citations: served('block.citations'),
      code_execution: served('tool.code_execution'),
      image_input: served('block.image'),
      pdf_input: served('block.document.pdf'),
      structured_outputs: served('parameter.output_config.format'),
      context_management: {
        ...served('parameter.context_management'),
        clear_thinking_20251015: null,
        clear_tool_uses_20250919: null,
        compact_20260112: null,
      },
      effort: {
        ...served('parameter.output_config.effort'),
        low: unsupported,
        medium: unsupported,
        high: unsupported,
        max: unsupported,
        xhigh: null,
      },
      server_tools: {
        supported: false,
        code_execution: served('tool.code_execution'),
        web_search: served('tool.web_search'),
      },
      thinking: {
        ...served('thinking.enabled'),
        types: {
          enabled: served('thinking.enabled'),
          adaptive: served('thinking.adaptive'),
          disabled: supported,
          between_tools: served('thinking.between_tools'),
        },
      },
    },
    metalyard: {
      tools: model.tools,
      machines: model.machines,
      parameters: model.parameters,
      quantisation: nameParts(model.id).quantisation,
      quality: model.quality,
      digests: model.digests,
      ...(model.attached === undefined ? {} : attachedInfo(model.attached)),
    },
  };
}
