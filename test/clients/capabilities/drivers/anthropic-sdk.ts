/**
 * The Anthropic SDK, either generation: `create` for whole answers, the `MessageStream` helper for
 * streamed ones. SDK 1.x no longer types sampling parameters, so bodies are passed as they are.
 */
import assert from 'node:assert/strict';
import type Anthropic from '@anthropic-ai/sdk';
import type { Client, Connection } from '../client.ts';
import { answerOf, bodyOf, countBodyOf } from './api-shapes.ts';

type Params = Anthropic.MessageCreateParamsNonStreaming;

export interface SdkFlavour {
  readonly name: string;
  /** Its default export. */
  readonly Sdk: typeof Anthropic;
  /** The class it throws for a status. */
  readonly errorClasses: Readonly<Record<number, abstract new (...args: never[]) => Error>>;
}

export function sdkClient({ name, Sdk, errorClasses }: SdkFlavour): Client {
  return {
    name,
    notExpressible: {},
    connect(connection) {
      const client = new Sdk({ baseURL: connection.url, maxRetries: connection.retries ?? 0, ...login(connection) });
      return {
        async ask(question, how) {
          // What its types do not know travels all the same.
          const body = { ...bodyOf(connection, question, how), ...(how.betas ? { betas: how.betas } : {}) } as Params;
          // The beta resource takes and gives the same where the stories look.
          const messages = (how.betas ? client.beta.messages : client.messages) as typeof client.messages;
          const options = how.signal ? { signal: how.signal } : {};
          if (!how.streamed) {
            const { data, response } = await messages.create(body, options).withResponse();
            return answerOf(data, response.headers);
          }
          const stream = messages.stream(body, options);
          let pieces = 0;
          let inputTokensAtStart: number | null = null;
          stream.on('streamEvent', (event) => {
            if (event.type === 'message_start') inputTokensAtStart = event.message.usage.input_tokens;
            if (event.type !== 'content_block_delta') return;
            pieces++;
            how.onPiece?.();
          });
          const message = await stream.finalMessage();
          const { response } = await stream.withResponse();
          return answerOf(message, response.headers, { pieces, inputTokensAtStart });
        },
        async runTools(question, run, how) {
          const body = bodyOf(connection, question, how);
          const tools = question.tools?.map((tool) => ({ ...tool, run, parse: (input: unknown) => input }));
          // The two kinds of runner differ in what they yield, not in their last message.
          const runner = client.beta.messages.toolRunner({ ...body, tools, stream: how.streamed } as never);
          return answerOf(await runner.runUntilDone(), new Headers());
        },
        async count(question) {
          const body = countBodyOf(connection, question) as unknown as Anthropic.MessageCountTokensParams;
          return (await client.messages.countTokens(body)).input_tokens;
        },
        async listModels() {
          const models = [];
          for await (const model of client.models.list({ limit: 1 })) models.push(model);
          return models;
        },
        getModel: (id) => client.models.retrieve(id),
        refusal(error) {
          assert.ok(error instanceof Sdk.APIError, String(error));
          const { status = 0, requestID = null } = error;
          const expected = errorClasses[status];
          assert.ok(expected !== undefined && error instanceof expected, `${status} became ${error.constructor.name}`);
          // `error.error` is the parsed envelope in both generations.
          const envelope = error.error as { readonly error: { readonly type: string; readonly message: string } };
          return { status, requestId: requestID, type: envelope.error.type, message: envelope.error.message };
        },
      };
    },
  };
}

function login({ key, dialect }: Connection): NonNullable<ConstructorParameters<typeof Anthropic>[0]> {
  if (dialect === undefined) return { apiKey: key, authToken: null };
  const version = { 'anthropic-version': dialect.version };
  return dialect.header === 'authorization'
    ? { apiKey: null, authToken: key, defaultHeaders: version }
    : { apiKey: key, authToken: null, defaultHeaders: { ...version, 'x-api-key': key, authorization: null } };
}
