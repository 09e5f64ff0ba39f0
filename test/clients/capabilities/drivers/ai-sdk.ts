/** The Vercel AI SDK with its Anthropic provider: `generateText` for whole answers, `streamText` for streamed ones. */
import assert from 'node:assert/strict';
import type { StreamedBlock } from '../../../support/read-stream.ts';
import { type Answer, type Client, type Connection, greedy, type How, type Question, type RunTool } from '../client.ts';
import { messagesForAiSdk, systemForAiSdk } from './ai-sdk-messages.ts';

/** What its packages export; they are installed when the tests run. */
export interface AiSdk {
  // biome-ignore lint/suspicious/noExplicitAny: the package `ai`
  readonly ai: any;
  // biome-ignore lint/suspicious/noExplicitAny: the package `@ai-sdk/anthropic`
  readonly provider: any;
}

export function aiSdkClient(name: string, { ai, provider }: AiSdk): Client {
  // It would print that it does not know the model; what matters is looked at.
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  return {
    name,
    notExpressible: {
      'count_tokens equals input_tokens': 'it has no call for count_tokens',
      'models listed and got': 'it has no call for models',
      'unknown fields tolerated': 'it sends only fields it knows',
      'tools, strict': 'it drops `strict` for models whose names it does not know',
    },
    connect(connection) {
      const model = (question: Question) =>
        provider.createAnthropic(settings(connection))(question.model ?? connection.model);
      const say = async (call: Readonly<Record<string, unknown>>, how: How): Promise<Answer> => {
        if (!how.streamed) return answerOf(await ai.generateText(call), 0);
        const result = ai.streamText({ ...call, onError: () => {} });
        const pieces = await readParts(result.fullStream, how);
        return answerOf((await result.steps).at(-1), pieces);
      };
      return {
        ask: (question, how) => say({ model: model(question), ...callFor(ai, connection, question, how) }, how),
        runTools: (question, run, how) => {
          const call = callFor(ai, connection, question, how, run);
          return say({ model: model(question), ...call, stopWhen: ai.stepCountIs(5) }, how);
        },
        // biome-ignore lint/suspicious/noExplicitAny: an error of `ai`
        refusal(error: any) {
          assert.ok(ai.APICallError.isInstance(error), String(error));
          assert.equal(error.isRetryable, false);
          const { error: told } = error.data;
          const requestId = error.responseHeaders?.['request-id'] ?? null;
          return { status: error.statusCode, type: told.type, message: told.message, requestId };
        },
      };
    },
  };
}

/** It takes its base address with `/v1`. */
function settings({ url, key, dialect }: Connection) {
  return {
    baseURL: `${url}/v1`,
    ...(dialect?.header === 'authorization' ? { authToken: key } : { apiKey: key }),
    ...(dialect ? { headers: { 'anthropic-version': dialect.version } } : {}),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the package `ai`
function callFor(ai: any, connection: Connection, question: Question, how: How, run?: RunTool) {
  const {
    messages,
    model: _named,
    max_tokens: limit,
    system,
    tools,
    tool_choice: choice,
    thinking,
    ...more
  } = question;
  const { stop_sequences: stopSequences, output_config: output, ...left } = more;
  assert.deepEqual(left, {}, 'every field is said in its words');
  assert.equal(how.unknownFields, undefined, 'it sends only fields it knows');
  const budget = thinking?.type === 'enabled' ? thinking.budget_tokens : 0;
  return {
    maxRetries: connection.retries ?? 0,
    temperature: greedy.temperature,
    // It adds the thinking budget by itself.
    maxOutputTokens: (limit ?? greedy.max_tokens) - budget,
    messages: messagesForAiSdk(messages),
    allowSystemInMessages: true,
    ...(how.signal ? { abortSignal: how.signal } : {}),
    ...(system === undefined ? {} : { system: systemForAiSdk(system) }),
    ...(stopSequences ? { stopSequences } : {}),
    ...(tools ? { tools: toolsFor(ai, tools, run) } : {}),
    ...(choice ? { toolChoice: toolChoiceFor(choice) } : {}),
    ...(output ? { output: ai.Output.object({ schema: ai.jsonSchema(output.format.schema) }) } : {}),
    providerOptions: {
      anthropic: {
        structuredOutputMode: 'outputFormat',
        ...(thinking ? { thinking: { type: thinking.type, ...(budget > 0 ? { budgetTokens: budget } : {}) } } : {}),
        ...(choice?.disable_parallel_tool_use ? { disableParallelToolUse: true } : {}),
        ...(how.betas ? { anthropicBeta: how.betas } : {}),
      },
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the package `ai`
function toolsFor(ai: any, tools: NonNullable<Question['tools']>, run?: RunTool) {
  const entries = tools.map(({ name, description, input_schema, strict, defer_loading: deferLoading }) => {
    assert.equal(strict, undefined, 'it drops `strict` for unknown models');
    return [
      name,
      ai.tool({
        description,
        inputSchema: ai.jsonSchema(input_schema),
        ...(run ? { execute: run } : {}),
        ...(deferLoading ? { providerOptions: { anthropic: { deferLoading } } } : {}),
      }),
    ];
  });
  return Object.fromEntries(entries);
}

function toolChoiceFor(choice: NonNullable<Question['tool_choice']>) {
  if (choice.type === 'tool') return { type: 'tool', toolName: choice.name };
  return choice.type === 'any' ? 'required' : choice.type;
}

/** Reads to the end; an error or an abort in the stream is thrown. */
// biome-ignore lint/suspicious/noExplicitAny: the parts of `ai`
async function readParts(parts: AsyncIterable<any>, { onPiece, signal }: How): Promise<number> {
  let pieces = 0;
  for await (const part of parts) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw signal?.reason;
    if (!['text-delta', 'reasoning-delta', 'tool-input-delta'].includes(part.type)) continue;
    pieces++;
    onPiece?.();
  }
  return pieces;
}

/** What it makes of our stop reasons; its tool loop goes on only after `tool-calls`. */
const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
};

// biome-ignore lint/suspicious/noExplicitAny: a step of `ai`
function answerOf(step: any, pieces: number): Answer {
  const { rawFinishReason, finishReason, response, usage, providerMetadata } = step;
  assert.equal(finishReason, finishReasons[rawFinishReason]);
  return {
    id: response.id,
    model: response.modelId,
    content: step.content.flatMap(blockOf),
    stop_reason: rawFinishReason,
    stop_sequence: providerMetadata?.anthropic?.stopSequence ?? null,
    usage: {
      input_tokens: usage.inputTokenDetails.noCacheTokens,
      cached_tokens: usage.inputTokenDetails.cacheReadTokens,
      output_tokens: usage.outputTokens,
    },
    input_tokens_at_start: null,
    headers: new Headers(response.headers),
    pieces,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a content part of `ai`
function blockOf(part: any): StreamedBlock[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'reasoning':
      return [{ type: 'thinking', thinking: part.text, signature: part.providerMetadata?.anthropic?.signature ?? '' }];
    case 'tool-call':
      return [{ type: 'tool_use', id: part.toolCallId, name: part.toolName, input: part.input }];
    case 'tool-result':
      // Of a tool the client ran itself.
      return [];
    default:
      return assert.fail(`unexpected part ${part.type}`);
  }
}
