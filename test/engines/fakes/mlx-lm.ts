/**
 * mlx_lm.server, after its source (ml-explore/mlx-lm, mlx_lm/server.py): takes no notice of `tool_choice` and
 * `response_format`, writes 512 tokens unless asked for more, reasoning in `reasoning`, every call whole, progress in
 * comments, and finishes reading a prompt nobody waits for.
 */
import { showsPicture } from './fake-model.ts';
import { type FakeOptions, type FakeServer, startFakeServer } from './fake-server.ts';
import { openAiPrompt, openAiWire } from './openai-wire.ts';

export function startFakeMlxLm(options: FakeOptions & { readonly model?: string } = {}): Promise<FakeServer> {
  const { model = 'mlx-community/Qwen3-8B-4bit' } = options;
  return startFakeServer(async (exchange, fake) => {
    const { path, body, json, response } = exchange;
    switch (path) {
      case '/health':
        return json(200, { status: 'ok' });
      case '/v1/models':
        return json(200, { object: 'list', data: [{ id: model, object: 'model', created: 1 }] });
      case '/v1/chat/completions':
        // process_message_content: a ValueError, which its handler answers with 404.
        if (showsPicture(body.messages)) return json(404, { error: "Only 'text' content type is supported." });
        return fake.generate(
          exchange,
          openAiPrompt(body, { toolChoice: false, schema: false, defaultMaxTokens: 512 }),
          openAiWire({
            model,
            reasoning: 'reasoning',
            wholeCalls: true,
            cached: true,
            cancelsPrefill: false,
            includeUsage: body.stream_options?.include_usage === true,
            progress: ({ done, total }) => `: keepalive ${done}/${total}\n\n`,
          }),
        );
      default:
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end('Not Found');
    }
  }, options);
}
