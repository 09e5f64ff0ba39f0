/**
 * A small server that keeps the contract, written from the contract alone and for the tests of the
 * suite only: its model counts aloud, obeys forced tools and schemas, and knows nothing. A defect
 * changes one thing about it.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { bodyLimitBytes } from './about.ts';
import { type ApiAnswer, failure, type Json } from './answers.ts';
import { route } from './routes.ts';
import { type Event, eventsOf, wireText } from './stream.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly requestId: string;
}

type Handler = (exchange: Exchange) => ApiAnswer | Promise<ApiAnswer>;

/** One thing a server does wrong. Each part is a place to do it. */
export interface Defect {
  readonly what: string;
  /** It leaves clients without an answer. */
  readonly hangs?: boolean;
  /** Instead of, before or after everything else. */
  readonly handle?: (exchange: Exchange, next: Handler) => ApiAnswer | Promise<ApiAnswer>;
  /** Every message, before it becomes JSON or a stream. */
  readonly message?: (message: Json, body: Json) => Json;
  readonly events?: (events: readonly Event[], body: Json) => readonly Event[];
  readonly wire?: (text: string) => string | Buffer;
  /** Every error answer. */
  readonly error?: (answer: ApiAnswer, exchange: Exchange) => ApiAnswer;
  /** Every answer, last of all. */
  readonly headers?: (headers: Record<string, string>, exchange: Exchange) => Record<string, string>;
  /** Sits on the connection itself. */
  readonly socket?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** The answer to what is no HTTP. */
  readonly clientError?: string;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
}

export async function startScriptedServer(defect: Defect = { what: 'none' }): Promise<ScriptedServer> {
  const server = createServer((request, response) => {
    if (defect.socket?.(request, response)) return;
    answerRequest(request, response, defect).catch(() => response.destroy());
  });
  server.on('clientError', (_error, socket) => {
    socket.end(defect.clientError ?? 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let answered = 0;

async function answerRequest(request: IncomingMessage, response: ServerResponse, defect: Defect): Promise<void> {
  const requestId = `req_${++answered}`;
  const url = new URL(request.url ?? '/', 'http://local');
  const about = {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
  };
  let answer: ApiAnswer;
  const tooLarge = Number(request.headers['content-length'] ?? 0) > bodyLimitBytes;
  const bytes = tooLarge ? Buffer.alloc(0) : await readBody(request);
  const exchange: Exchange = { ...about, bytes, requestId };
  const handle: Handler = tooLarge
    ? () => failure(413, 'request_too_large', 'Request exceeds the maximum size')
    : route;
  answer = await (defect.handle === undefined ? handle(exchange) : defect.handle(exchange, handle));
  if (answer.status >= 400) {
    answer = { ...answer, json: { ...answer.json, request_id: requestId } };
    answer = defect.error?.(answer, exchange) ?? answer;
  }
  let headers: Record<string, string> = {
    'request-id': requestId,
    'anthropic-ratelimit-requests-limit': '1000',
    'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:00Z',
    ...(answer.status >= 400 && answer.status < 500 ? { 'x-should-retry': 'false' } : {}),
    ...answer.headers,
  };
  const { body } = answer;
  if (answer.message !== undefined) {
    const message = defect.message?.(answer.message, body) ?? answer.message;
    if (body?.stream === true) {
      headers['content-type'] = 'text/event-stream; charset=utf-8';
      const events = defect.events?.(eventsOf(message), body) ?? eventsOf(message);
      response.writeHead(200, defect.headers?.(headers, exchange) ?? headers);
      await writeStream(response, wireText(events), body, defect);
      return;
    }
    answer = { ...answer, json: message };
  }
  headers['content-type'] = 'application/json';
  headers = defect.headers?.(headers, exchange) ?? headers;
  response.writeHead(answer.status, headers);
  response.end(answer.text ?? JSON.stringify(answer.json));
}

/** Long answers take their time, so that a client can leave in the middle of one. */
async function writeStream(response: ServerResponse, text: string, body: Json, { wire }: Defect): Promise<void> {
  const whole = wire?.(text) ?? text;
  if (body.max_tokens < 3_000 || typeof whole !== 'string') {
    response.end(whole);
    return;
  }
  for (const frame of whole.split(/(?<=\n\n)/)) {
    if (response.destroyed) return;
    response.write(frame);
    await pause(1);
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
