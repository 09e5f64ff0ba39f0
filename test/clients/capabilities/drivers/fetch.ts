/** No client at all: the API as it is described, read by our strictest reader. */
import assert from 'node:assert/strict';
import type { Body } from '../../../support/ask.ts';
import { assembleMessage, type StreamEvent, streamEvents } from '../../../support/read-stream.ts';
import type { Answer, Client, Connection, How } from '../client.ts';
import { answerOf, bodyOf, countBodyOf } from './api-shapes.ts';

export const fetchClient: Client = {
  name: 'fetch',
  notExpressible: { 'tool loop of the client': 'it has none; the stories about tools take each step by hand' },
  connect(connection) {
    const get = async (path: string) => readBody(await send(connection, path));
    return {
      async ask(question, how) {
        // Clients of the 0.x line mark their beta requests so.
        const path = how.betas ? '/v1/messages?beta=true' : '/v1/messages';
        const body = { ...bodyOf(connection, question, how), ...(how.streamed ? { stream: true } : {}) };
        const response = await send(connection, path, body, how);
        return how.streamed ? readStreamed(response, how) : readWhole(response);
      },
      async count(question) {
        const response = await send(connection, '/v1/messages/count_tokens', countBodyOf(connection, question));
        return (await readBody(response)).input_tokens;
      },
      listModels: async () => (await get('/v1/models')).data,
      getModel: (id) => get(`/v1/models/${encodeURIComponent(id)}`),
      refusal(error) {
        assert.ok(error instanceof RefusedError, String(error));
        const { status, body, headers } = error;
        assert.equal(body.type, 'error');
        assert.equal(headers.get('x-should-retry'), 'false');
        assert.equal(body.request_id, headers.get('request-id'));
        assert.equal(typeof body.error.details.error_code, 'string');
        return { status, type: body.error.type, message: body.error.message, requestId: body.request_id };
      },
    };
  },
};

/** An answer whose status is no success. */
class RefusedError extends Error {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the far side
  readonly body: any;

  constructor(response: Response, text: string) {
    super(`${response.status}: ${text}`);
    this.status = response.status;
    this.headers = response.headers;
    this.body = JSON.parse(text);
  }
}

function send(connection: Connection, path: string, body?: Body, how?: How): Promise<Response> {
  const { url, key, dialect } = connection;
  return fetch(new URL(path, url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': dialect?.version ?? '2023-06-01',
      ...(dialect?.header === 'authorization' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }),
      ...(how?.betas ? { 'anthropic-beta': how.betas.join(',') } : {}),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: how?.signal ?? null,
  });
}

// biome-ignore lint/suspicious/noExplicitAny: raw JSON of the far side
async function readBody(response: Response): Promise<any> {
  const text = await response.text();
  if (!response.ok) throw new RefusedError(response, text);
  return JSON.parse(text);
}

async function readWhole(response: Response): Promise<Answer> {
  const message = await readBody(response);
  assert.equal(message.type, 'message');
  assert.equal(message.role, 'assistant');
  return answerOf(message, response.headers);
}

async function readStreamed(response: Response, { onPiece }: How): Promise<Answer> {
  if (!response.ok) await readBody(response);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const events: StreamEvent[] = [];
  let pieces = 0;
  for await (const event of streamEvents(response)) {
    events.push(event);
    if (event.type !== 'content_block_delta') continue;
    pieces++;
    onPiece?.();
  }
  const message = assembleMessage(events, response.headers.get('request-id') ?? '');
  return answerOf(message, response.headers, { pieces, inputTokensAtStart: message.startUsage.input_tokens });
}
