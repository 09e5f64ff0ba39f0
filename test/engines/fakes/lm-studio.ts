/**
 * LM Studio 0.4. Shapes from lmstudio.ai/docs/developer/rest (list, load, unload); from its issue tracker: unknown paths are
 * answered with 200 (#2055), a prompt is read to its end when the client has left (#1143), the sentence of a
 * prompt that is too long. Loads on demand with its own default context.
 */
import { type FakeOptions, type FakeServer, type Json, startFakeServer } from './fake-server.ts';
import { openAiPrompt, openAiWire } from './openai-wire.ts';

export interface FakeLmStudioOptions extends FakeOptions {
  readonly models?: readonly { readonly key: string; readonly loaded?: number; readonly trainedWindow?: number }[];
}

export interface FakeLmStudio extends FakeServer {
  /** Context of each model that is in memory now. */
  readonly loaded: ReadonlyMap<string, number>;
}

const defaultContext = 4_096;

export async function startFakeLmStudio(options: FakeLmStudioOptions = {}): Promise<FakeLmStudio> {
  const models = options.models ?? [{ key: 'qwen3-8b', loaded: 16_384 }];
  const loaded = new Map(models.flatMap(({ key, loaded: context }) => (context === undefined ? [] : [[key, context]])));
  const fake = await startFakeServer(async (exchange, tools) => {
    const { path, body, request, json } = exchange;
    switch (path) {
      case '/api/v1/models':
        return json(200, { models: models.map((model) => listed(model, loaded.get(model.key))) });
      case '/api/v1/models/load': {
        const context = body.context_length ?? defaultContext;
        loaded.set(body.model, context);
        return json(200, {
          type: 'llm',
          instance_id: body.model,
          load_time_seconds: 0.1,
          status: 'loaded',
          load_config: { context_length: context },
        });
      }
      case '/api/v1/models/unload': {
        if (!loaded.delete(body.instance_id)) return json(404, { error: { message: 'no such instance' } });
        return json(200, { instance_id: body.instance_id });
      }
      case '/v1/models':
        return json(200, {
          object: 'list',
          data: models.map(({ key }) => ({ id: key, object: 'model', owned_by: 'organization_owner' })),
        });
      case '/v1/chat/completions': {
        const context = loaded.get(body.model) ?? defaultContext;
        loaded.set(body.model, context);
        const prompt = openAiPrompt(body, { toolChoice: true, schema: true, defaultMaxTokens: 1_000_000 });
        const tokens = tools.count(prompt);
        if (tokens > context) {
          const message = `Trying to keep the first ${tokens} tokens when context the overflows. However, the model is loaded with context length of only ${context} tokens, which is not enough.`;
          return json(400, { error: message });
        }
        return tools.generate(
          exchange,
          prompt,
          openAiWire({
            model: body.model,
            reasoning: 'reasoning_content',
            wholeCalls: false,
            cancelsPrefill: false,
            includeUsage: body.stream_options?.include_usage === true,
          }),
        );
      }
      default:
        return json(200, { error: `Unexpected endpoint or method. (${request.method} ${path}). Returning 200 anyway` });
    }
  }, options);
  return Object.assign(fake, { loaded });
}

function listed(
  { key, trainedWindow = 40_960 }: { key: string; trainedWindow?: number },
  context: number | undefined,
): Json {
  const config = { context_length: context, eval_batch_size: 512, flash_attention: true };
  return {
    type: 'llm',
    publisher: 'qwen',
    key,
    display_name: key.toUpperCase(),
    architecture: 'qwen3',
    quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
    size_bytes: 5_000_000_000,
    params_string: '8B',
    loaded_instances: context === undefined ? [] : [{ id: key, config }],
    max_context_length: trainedWindow,
    format: 'gguf',
    capabilities: { vision: false, trained_for_tool_use: true },
  };
}
