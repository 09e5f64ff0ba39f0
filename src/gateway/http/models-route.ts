/** GET /v1/models and /v1/models/{id}: what connected machines serve now, with true limits. */
import type { FastifyInstance } from 'fastify';
import { ApiFailure } from '../../contract/errors.ts';
import { listModels, resolveModel } from '../../yard/model-names.ts';
import type { AvailableModel } from '../../yard/view.ts';
import { pageOf } from './page.ts';

export function addModelsRoutes(api: FastifyInstance, models: () => readonly AvailableModel[]): void {
  const infos = () =>
    listModels(models().filter(({ outlook }) => outlook === 'ready')).map(({ listedId, model }) =>
      modelInfo(listedId, model),
    );

  api.get<{ Querystring: Record<string, unknown> }>('/v1/models', async (request) => pageOf(infos(), request.query));

  api.get<{ Params: { id: string } }>('/v1/models/:id', async (request) => {
    const asked = request.params.id;
    const listed = infos().find(({ id }) => id === asked);
    if (listed !== undefined) return listed;
    const resolved = resolveModel(asked, models());
    if (!resolved.ok) throw new ApiFailure(resolved.error);
    const model = models().find(({ id }) => id === resolved.id);
    // resolveModel only answers with one of the ids it was given.
    return modelInfo(resolved.id, model!);
  });
}

const supported = { supported: true };
const unsupported = { supported: false };

/** The shape of `ModelInfo` in the SDK's types; every key present. */
function modelInfo(id: string, model: AvailableModel) {
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
      batch: unsupported,
      citations: unsupported,
      code_execution: unsupported,
      image_input: unsupported,
      pdf_input: unsupported,
      structured_outputs: supported,
      context_management: {
        supported: false,
        clear_thinking_20251015: null,
        clear_tool_uses_20250919: null,
        compact_20260112: null,
      },
      effort: {
        supported: false,
        low: unsupported,
        medium: unsupported,
        high: unsupported,
        max: unsupported,
        xhigh: null,
      },
      server_tools: { supported: false, code_execution: unsupported, web_search: unsupported },
      thinking: {
        supported: model.thinking,
        types: {
          enabled: { supported: model.thinking },
          adaptive: { supported: model.thinking },
          disabled: supported,
          between_tools: unsupported,
        },
      },
    },
  };
}
