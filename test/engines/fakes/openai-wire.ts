/** OpenAI's chat chunks as servers send them, with what each of them leaves out or adds. */
import type { FakePrompt, Piece } from './fake-model.ts';
import type { AnswerEnd, Json, Wire } from './fake-server.ts';

export interface OpenAiQuirks {
  readonly model: string;
  /** The field of reasoning. */
  readonly reasoning: 'reasoning_content' | 'reasoning';
  readonly wholeCalls: boolean;
  readonly cancelsPrefill?: boolean;
  readonly cancelsDecode?: boolean;
  /** `prompt_tokens_details` in its usage. */
  readonly cached?: boolean;
  /** Usage as it states it. */
  readonly usage?: (end: AnswerEnd) => Json;
  readonly progress?: Wire['progress'];
  /** Sends usage only when it was asked to. */
  readonly includeUsage: boolean;
}

const sse = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

export function openAiWire(quirks: OpenAiQuirks): Wire {
  const chunk = (delta: object, finish: string | null = null): string =>
    sse({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: quirks.model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const usage = (end: AnswerEnd): Json => ({
    prompt_tokens: end.promptTokens,
    completion_tokens: end.outputTokens,
    total_tokens: end.promptTokens + end.outputTokens,
    ...(quirks.cached === true ? { prompt_tokens_details: { cached_tokens: end.cachedTokens } } : {}),
  });
  return {
    wholeCalls: quirks.wholeCalls,
    cancelsPrefill: quirks.cancelsPrefill ?? true,
    cancelsDecode: quirks.cancelsDecode ?? true,
    contentType: 'text/event-stream',
    ...(quirks.progress === undefined ? {} : { progress: quirks.progress }),
    open: () => chunk({ role: 'assistant', content: null }),
    piece: (piece) => chunk(delta(piece, quirks)),
    end: (end) =>
      chunk({}, end.finish) +
      (quirks.includeUsage
        ? sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: (quirks.usage ?? usage)(end) })
        : '') +
      'data: [DONE]\n\n',
    error: (message) => sse({ error: { message, type: 'server_error', code: 500 } }),
  };
}

function delta(piece: Piece, { reasoning }: OpenAiQuirks): object {
  switch (piece.kind) {
    case 'thinking':
      return { [reasoning]: piece.text };
    case 'text':
      return { content: piece.text };
    case 'call': {
      const { index, name, json, first } = piece;
      const head = first ? { id: `call_${index}`, type: 'function' } : {};
      return { tool_calls: [{ index, ...head, function: { ...(first ? { name } : {}), arguments: json } }] };
    }
  }
}

/** What a model behind an OpenAI door is given. `obeys`: the server's own word on what it takes notice of. */
export function openAiPrompt(
  body: Json,
  obeys: { readonly toolChoice: boolean; readonly schema: boolean; readonly defaultMaxTokens: number },
): FakePrompt {
  return {
    model: body.model,
    messages: body.messages,
    tools: body.tools ?? [],
    required: obeys.toolChoice && body.tool_choice === 'required',
    thinks: body.chat_template_kwargs?.enable_thinking,
    schema: obeys.schema ? body.response_format?.json_schema?.schema : undefined,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? obeys.defaultMaxTokens,
  };
}
