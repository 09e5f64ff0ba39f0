/** The official SDK reads our streams and bodies as the same message. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { apiError, errorCatalogue, errorCodes } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { errorResponse } from './error-response.ts';
import { goodGeneration, identity } from './fixtures/generations.ts';
import { createMessageFold } from './message-fold.ts';
import { createStreamWriter } from './stream-writer.ts';

const request = { model: 'tiny', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] } as const;
const clientOf = (answer: () => Response) =>
  new Anthropic({ apiKey: 'test', baseURL: 'http://gateway.test', maxRetries: 0, fetch: async () => answer() });

/** The stream in chunks of seven bytes: events and characters are cut everywhere. */
function streamOf(events: readonly GenerationEvent[]): Response {
  const writer = createStreamWriter(identity);
  const bytes = new TextEncoder().encode(events.map((event) => writer.write(event) + writer.ping()).join(''));
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + 7));
      at += 7;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'request-id': identity.requestId } });
}

function foldOf(events: readonly GenerationEvent[]): unknown {
  const fold = createMessageFold(identity);
  const result = events.map((event) => fold.push(event)).at(-1);
  assert.ok(result?.kind === 'message');
  return JSON.parse(JSON.stringify(result.message));
}

/** What the SDK adds to a message of its own. */
function plain(message: Anthropic.Message): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value) => (key === 'parsed_output' || key === 'parsed' ? undefined : value)),
  );
}

describe('the official SDK', () => {
  it('reads a stream as the message we would have answered whole', async () => {
    await fc.assert(
      fc.asyncProperty(goodGeneration, async (events) => {
        const streamed = await clientOf(() => streamOf(events))
          .messages.stream({ ...request, messages: [...request.messages] })
          .finalMessage();
        const whole = await clientOf(() => Response.json(foldOf(events))).messages.create({
          ...request,
          messages: [...request.messages],
        });
        assert.deepEqual(plain(streamed), foldOf(events));
        assert.deepEqual(plain(whole), foldOf(events));
      }),
      { numRuns: 40 },
    );
  });

  it('throws our error when it comes inside a stream', async () => {
    const events: GenerationEvent[] = [
      { type: 'generation-start', promptTokens: 1, cachedTokens: 0 },
      { type: 'generation-error', error: apiError('engine_failed', 'it broke') },
    ];
    const stream = clientOf(() => streamOf(events)).messages.stream({ ...request, messages: [...request.messages] });
    await assert.rejects(stream.finalMessage(), /it broke/);
  });

  it('reads every error response: status, type, code and request id', async () => {
    for (const code of errorCodes) {
      const { status, headers, body } = errorResponse(apiError(code, 'what was seen'), 'req_9');
      const client = clientOf(() => Response.json(body, { status, headers: { ...headers } }));
      await assert.rejects(
        client.messages.create({ ...request, messages: [...request.messages] }),
        (error: unknown) => {
          assert.ok(error instanceof Anthropic.APIError);
          assert.equal(error.status, errorCatalogue[code].status);
          assert.equal(error.type, errorCatalogue[code].type);
          assert.equal(error.errorCode, code);
          assert.equal(error.requestID, 'req_9');
          return true;
        },
      );
    }
  });
});
