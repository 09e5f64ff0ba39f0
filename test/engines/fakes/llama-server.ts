/**
 * llama-server. Shapes recorded from a real one (llama.cpp of 2026-10, PyPI package xllamacpp): `/props`,
 * `/v1/models`, chunks with `prompt_progress`, the 400 of a prompt that is too long, the 503 while loading.
 */
import { showsPicture } from './fake-model.ts';
import { type Exchange, type FakeOptions, type FakeServer, type FakeTools, startFakeServer } from './fake-server.ts';
import { openAiPrompt, openAiWire } from './openai-wire.ts';

export interface FakeLlamaServerOptions extends FakeOptions {
  readonly model?: string;
  /** Of one slot. */
  readonly window?: number;
  readonly slots?: number;
  /** Started with `--mmproj`. */
  readonly sees?: boolean;
  /** Still loading while this says so. */
  readonly loading?: () => boolean;
}

export function startFakeLlamaServer(options: FakeLlamaServerOptions = {}): Promise<FakeServer> {
  const { model = 'qwen3-8b-q4_k_m.gguf', window = 8_192, slots = 2, sees = false, loading = () => false } = options;
  return startFakeServer(async (exchange, fake) => {
    const { path, json } = exchange;
    if (loading()) return json(503, { error: { message: 'Loading model', type: 'unavailable_error', code: 503 } });
    switch (path) {
      case '/health':
        return json(200, { status: 'ok' });
      case '/v1/models':
        return json(200, {
          object: 'list',
          data: [{ id: model, object: 'model', created: 1, owned_by: 'llamacpp', meta: metaOf(window) }],
        });
      default:
        return answerOf({ model, window, slots, sees }, exchange, fake);
    }
  }, options);
}

/** What it says of the model it holds, in its own list or in its router's. */
export const metaOf = (window: number) => ({
  n_ctx: window,
  n_ctx_train: 40_960,
  n_params: 8_000_000_000,
  size: 5_000_000_000,
});

export interface HeldModel {
  readonly model: string;
  readonly window: number;
  readonly slots: number;
  readonly sees?: boolean;
}

/** What a llama-server that holds a model answers, asked directly or through its router. */
export async function answerOf(
  { model, window, slots, sees = false }: HeldModel,
  exchange: Exchange,
  fake: FakeTools,
): Promise<void> {
  const { path, body, json } = exchange;
  switch (path) {
    case '/props':
      return json(200, {
        default_generation_settings: { n_ctx: window, params: {} },
        total_slots: slots,
        model_alias: model,
        modalities: { vision: sees, audio: false },
        chat_template: '{% if enable_thinking %}<think>{% endif %}',
        chat_template_caps: { supports_tools: true, supports_parallel_tool_calls: true },
        build_info: 'b11549-abcdef',
        is_sleeping: false,
      });
    case '/v1/chat/completions/input_tokens':
      return json(200, { input_tokens: fake.count(openAiPrompt(body, obeys)), object: 'response.input_tokens' });
    case '/v1/chat/completions': {
      // tools/server/server-common.cpp
      if (!sees && showsPicture(body.messages)) {
        const message =
          'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj';
        return json(500, { error: { code: 500, message, type: 'server_error' } });
      }
      const asked = openAiPrompt(body, obeys);
      // The grammar of a schema lets no call through.
      const prompt = asked.schema === undefined ? asked : { ...asked, tools: [], required: false };
      const tokens = fake.count(prompt);
      if (tokens >= window) {
        const message = `request (${tokens} tokens) exceeds the available context size (${window} tokens), try increasing it`;
        const error = {
          code: 400,
          message,
          type: 'exceed_context_size_error',
          n_prompt_tokens: tokens,
          n_ctx: window,
        };
        return json(400, { error });
      }
      const progress = body.return_progress === true && body.stream === true;
      return fake.generate(
        exchange,
        { ...prompt, maxTokens: Math.min(prompt.maxTokens, window - tokens) },
        openAiWire({
          model,
          reasoning: 'reasoning_content',
          wholeCalls: false,
          cached: true,
          includeUsage: body.stream_options?.include_usage === true,
          // Without progress it notices a closed connection only when it writes its first token.
          cancelsPrefill: progress,
          ...(progress ? { progress: progressChunk(model) } : {}),
        }),
      );
    }
    default:
      return json(404, { error: { message: 'File Not Found', type: 'not_found_error', code: 404 } });
  }
}

const obeys = { toolChoice: true, schema: true, defaultMaxTokens: 1_000_000 };

const progressChunk =
  (model: string) =>
  ({ done, total, cached }: { readonly done: number; readonly total: number; readonly cached: number }): string =>
    `data: ${JSON.stringify({
      choices: [{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: null }],
      model,
      object: 'chat.completion.chunk',
      prompt_progress: { total, cache: cached, processed: done, time_ms: 1 },
    })}\n\n`;
