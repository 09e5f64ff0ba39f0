/**
 * Ollama. Shapes from its docs/api.md, docs/api/errors.mdx and api/types.go (`truncate`, `shift`, `think`, `context_length`),
 * behaviour from its documents and issues: a context of 4,096 unless `num_ctx` is sent, prompts cut without a word
 * unless `truncate` is false, another `num_ctx` loads the model again, calls come whole, no cache counters.
 */
import type { FakePrompt } from './fake-model.ts';
import { type FakeOptions, type FakeServer, type Json, startFakeServer, type Wire } from './fake-server.ts';

export interface FakeOllamaModel {
  readonly name: string;
  readonly capabilities?: readonly string[];
  readonly trainedWindow?: number;
  /** Runs somewhere else. */
  readonly remote?: boolean;
}

export interface FakeOllamaOptions extends FakeOptions {
  readonly models?: readonly FakeOllamaModel[];
}

export interface FakeOllama extends FakeServer {
  /** Context of each model that is in memory now. */
  readonly loaded: ReadonlyMap<string, number>;
  /** How often a model was loaded; tokens that were cut off prompts without a word. */
  readonly counts: { readonly loads: number; readonly truncated: number };
  unload(name: string): void;
}

const defaultContext = 4_096;

export async function startFakeOllama(options: FakeOllamaOptions = {}): Promise<FakeOllama> {
  const models = options.models ?? [{ name: 'qwen3:8b' }];
  const loaded = new Map<string, number>();
  const counts = { loads: 0, truncated: 0 };

  function load(name: string, context: number): void {
    if (loaded.get(name) === context) return;
    counts.loads += 1;
    loaded.set(name, context);
  }
  const capabilitiesOf = (model: FakeOllamaModel) => model.capabilities ?? ['completion', 'tools', 'thinking'];
  const digestOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);

  const fake = await startFakeServer(async (exchange, tools) => {
    const { path, body, json, response } = exchange;
    const model = models.find(({ name }) => name === body?.model);
    const absent = () => json(404, { error: `model '${body?.model}' not found` });
    switch (path) {
      case '/':
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end('Ollama is running');
        return;
      case '/api/version':
        return json(200, { version: '0.40.1' });
      case '/api/tags':
        return json(200, {
          models: models.map(({ name, remote }) => ({
            name,
            model: name,
            modified_at: '2026-10-01T10:00:00.000000001+02:00',
            size: 5_000_000_000,
            digest: digestOf(name),
            details: { format: 'gguf', family: 'qwen3', parameter_size: '8.2B', quantization_level: 'Q4_K_M' },
            ...(remote === true ? { remote_host: 'https://ollama.com', remote_model: name } : {}),
          })),
        });
      case '/api/ps':
        return json(200, {
          models: [...loaded].map(([name, context]) => ({
            name,
            model: name,
            digest: digestOf(name),
            size_vram: 5_000_000_000,
            context_length: context,
          })),
        });
      case '/api/show': {
        if (model === undefined) return absent();
        const info = { 'general.architecture': 'qwen3', 'qwen3.context_length': model.trainedWindow ?? 40_960 };
        return json(200, { model_info: info, capabilities: capabilitiesOf(model), details: {} });
      }
      case '/api/generate':
        if (model === undefined) return absent();
        if (body.keep_alive === 0) {
          loaded.delete(model.name);
          return json(200, { model: model.name, response: '', done: true, done_reason: 'unload' });
        }
        load(model.name, body.options?.num_ctx ?? defaultContext);
        return json(200, { model: model.name, response: '', done: true, done_reason: 'load' });
      case '/api/chat': {
        if (model === undefined) return absent();
        const can = capabilitiesOf(model);
        if (body.tools !== undefined && !can.includes('tools')) {
          return json(400, { error: `registry.ollama.ai/library/${model.name} does not support tools` });
        }
        if (body.think === true && !can.includes('thinking')) {
          return json(400, { error: `"${model.name}" does not support thinking` });
        }
        const context = body.options?.num_ctx ?? defaultContext;
        load(model.name, context);
        const prompt: FakePrompt = {
          model: model.name,
          messages: body.messages,
          tools: body.tools ?? [],
          required: false,
          thinks: body.think,
          schema: body.format,
          maxTokens: body.options?.num_predict ?? 1_000_000,
        };
        const tokens = tools.count(prompt);
        if (tokens > context) {
          if (body.truncate === false) return json(400, { error: 'the input length exceeds the context length' });
          counts.truncated += tokens - context;
        }
        return tools.generate(exchange, prompt, ollamaWire(model.name));
      }
      default:
        return json(404, '404 page not found');
    }
  }, options);
  return Object.assign(fake, { loaded, counts, unload: (name: string) => void loaded.delete(name) });
}

function ollamaWire(model: string): Wire {
  const line = (fields: Json): string =>
    `${JSON.stringify({ model, created_at: '2026-10-01T10:00:00Z', ...fields })}\n`;
  const said = (message: Json): string =>
    line({ message: { role: 'assistant', content: '', ...message }, done: false });
  return {
    wholeCalls: true,
    cancelsPrefill: true,
    cancelsDecode: true,
    contentType: 'application/x-ndjson',
    piece(piece) {
      if (piece.kind !== 'call') return said({ [piece.kind === 'text' ? 'content' : 'thinking']: piece.text });
      // It parses calls itself; what it cannot parse it leaves in the text.
      const given = parsed(piece.json);
      if (given === undefined) return said({ content: `{"name": "${piece.name}", "arguments": ${piece.json}` });
      return said({ tool_calls: [{ function: { name: piece.name, arguments: given } }] });
    },
    end: ({ finish, promptTokens, outputTokens }) =>
      line({
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: finish === 'length' ? 'length' : 'stop',
        total_duration: 1,
        prompt_eval_count: promptTokens,
        eval_count: outputTokens,
      }),
    error: (message) => `${JSON.stringify({ error: message })}\n`,
  };
}

function parsed(json: string): unknown {
  try {
    return json === '' ? {} : JSON.parse(json);
  } catch {
    return undefined;
  }
}
