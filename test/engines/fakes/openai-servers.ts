/**
 * Servers that differ little from OpenAI's door: vLLM (entrypoints/openai, serve/tokenize/protocol.py), SGLang
 * (openai/protocol.py), vllm-mlx (api/models.py), oMLX (server.py; its double count is jundot/omlx#1487), TabbyAPI
 * (endpoints/core), and one that is none of them, as LiteLLM is.
 */
import { showsPicture } from './fake-model.ts';
import { type FakeOptions, type FakeServer, type Json, startFakeServer } from './fake-server.ts';
import { type OpenAiQuirks, openAiPrompt, openAiWire } from './openai-wire.ts';

export interface FakeOpenAiOptions extends FakeOptions {
  readonly model?: string;
  readonly window?: number;
  /** vLLM: without `--enable-auto-tool-choice`. */
  readonly refusesTools?: boolean;
  /** oMLX: the cached part is in `prompt_tokens` twice. */
  readonly countsTwice?: boolean;
  /** What becomes of pictures. `drops`: none is read, and nobody is told. */
  readonly pictures?: 'sees' | 'refuses' | 'drops';
}

interface Kind {
  readonly owner: string;
  readonly reasoning: OpenAiQuirks['reasoning'];
  readonly wholeCalls: boolean;
  readonly cached: boolean;
  readonly toolChoice: boolean;
  readonly schema: boolean;
  /** Tells its window in the model list. */
  readonly tellsWindow: boolean;
  /** Further paths, and what they answer. */
  readonly pages?: (options: Required<FakeOpenAiOptions>) => Readonly<Record<string, Json>>;
  readonly tokenizes?: boolean;
  readonly tooLong: (tokens: number, window: number) => Json;
}

const openAiError = (message: string): Json => ({
  error: { message, type: 'BadRequestError', param: null, code: 400 },
});

export const openAiKinds = {
  vllm: {
    owner: 'vllm',
    reasoning: 'reasoning',
    wholeCalls: false,
    // Only with --enable-prompt-tokens-details.
    cached: true,
    toolChoice: true,
    schema: true,
    tellsWindow: true,
    tokenizes: true,
    pages: () => ({ '/version': { version: '0.14.1' } }),
    tooLong: (tokens, window) =>
      openAiError(
        `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      ),
  },
  sglang: {
    owner: 'sglang',
    reasoning: 'reasoning_content',
    wholeCalls: false,
    cached: false,
    toolChoice: true,
    schema: true,
    tellsWindow: true,
    pages: () => ({ '/get_server_info': { version: '0.5.9' } }),
    tooLong: (tokens, window) =>
      openAiError(`The input (${tokens} tokens) is longer than the model's context length (${window} tokens).`),
  },
  'vllm-mlx': {
    owner: 'vllm-mlx',
    reasoning: 'reasoning',
    wholeCalls: true,
    cached: false,
    toolChoice: false,
    schema: false,
    tellsWindow: false,
    tooLong: () => openAiError('prompt is too long'),
  },
  omlx: {
    owner: 'omlx',
    reasoning: 'reasoning_content',
    wholeCalls: true,
    cached: true,
    toolChoice: false,
    schema: false,
    tellsWindow: true,
    tooLong: (tokens, window) => ({
      detail: `Prompt too long: ${tokens} tokens exceeds max context window of ${window} tokens`,
    }),
  },
  tabby: {
    owner: 'tabbyAPI',
    reasoning: 'reasoning_content',
    wholeCalls: true,
    cached: true,
    toolChoice: false,
    schema: true,
    tellsWindow: false,
    pages: ({ model, window }) => ({
      '/v1/model': {
        id: model,
        object: 'model',
        owned_by: 'tabbyAPI',
        parameters: { max_seq_len: window, max_batch_size: 2, use_vision: false },
      },
      // It imitates llama-server here.
      '/props': { total_slots: 2, default_generation_settings: { n_ctx: window } },
    }),
    tooLong: (tokens, window) => openAiError(`Prompt length ${tokens} exceeds the available context size ${window}`),
  },
  openai: {
    owner: 'openai',
    reasoning: 'reasoning_content',
    wholeCalls: false,
    cached: false,
    toolChoice: true,
    schema: true,
    tellsWindow: false,
    tooLong: (tokens, window) =>
      openAiError(
        `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens.`,
      ),
  },
} as const satisfies Record<string, Kind>;

const withoutPictures = (message: Json): Json =>
  Array.isArray(message.content)
    ? { ...message, content: message.content.filter(({ type }: Json) => type !== 'image_url') }
    : message;

export function startFakeOpenAi(id: keyof typeof openAiKinds, options: FakeOpenAiOptions = {}): Promise<FakeServer> {
  const kind: Kind = openAiKinds[id];
  const {
    model = 'qwen/qwen3-8b',
    window = 8_192,
    refusesTools = false,
    countsTwice = false,
    pictures = 'refuses',
  } = options;
  const pages = kind.pages?.({ key: '', model, window, refusesTools, countsTwice, pictures }) ?? {};
  return startFakeServer(async (exchange, fake) => {
    const { path, body, json } = exchange;
    if (Object.hasOwn(pages, path)) return json(200, pages[path]);
    if (path === '/v1/models') {
      const max = kind.tellsWindow ? { max_model_len: window } : {};
      return json(200, {
        object: 'list',
        data: [{ id: model, object: 'model', created: 1, owned_by: kind.owner, ...max }],
      });
    }
    if (path === '/tokenize' && kind.tokenizes === true) {
      const count = fake.count({ messages: body.messages, tools: body.tools ?? [] });
      return json(200, { count, max_model_len: window, tokens: [] });
    }
    if (path !== '/v1/chat/completions') return json(404, { detail: 'Not Found' });
    if (refusesTools && body.tools !== undefined) {
      return json(
        400,
        openAiError('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
      );
    }
    // vLLM's words (entrypoints/chat_utils.py).
    if (pictures === 'refuses' && showsPicture(body.messages))
      return json(400, openAiError(`${model} is not a multimodal model`));
    const messages = pictures === 'drops' ? body.messages.map(withoutPictures) : body.messages;
    const prompt = openAiPrompt(
      { ...body, messages },
      {
        toolChoice: kind.toolChoice,
        schema: kind.schema,
        defaultMaxTokens: 1_000_000,
      },
    );
    const tokens = fake.count(prompt);
    if (tokens > window) return json(400, kind.tooLong(tokens, window));
    return fake.generate(
      exchange,
      prompt,
      openAiWire({
        model,
        reasoning: kind.reasoning,
        wholeCalls: kind.wholeCalls,
        cached: kind.cached,
        includeUsage: body.stream_options?.include_usage === true,
        ...(countsTwice
          ? {
              usage: ({ promptTokens, cachedTokens, outputTokens }) => ({
                prompt_tokens: promptTokens + cachedTokens,
                completion_tokens: outputTokens,
                prompt_tokens_details: { cached_tokens: cachedTokens },
              }),
            }
          : {}),
      }),
    );
  }, options);
}
