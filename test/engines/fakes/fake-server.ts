/** An HTTP server on a free loopback port that behaves as one kind of engine server does, and tells what it saw. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPrefixCache,
  type FakeModel,
  type FakePrompt,
  type Piece,
  planAnswer,
  promptText,
  tokensOf,
} from './fake-model.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON of requests under test
export type Json = any;

export interface SeenRequest {
  readonly path: string;
  readonly body: Json;
  readonly headers: IncomingMessage['headers'];
}

export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  /** Every request, questions of the attachment included. */
  readonly seen: readonly SeenRequest[];
  /** Those that asked for an answer. */
  readonly chats: readonly SeenRequest[];
  /** Generations under way. */
  readonly busy: number;
  /** What its model says from now on. */
  say(model: FakeModel): void;
  /** Answers everything with this status and body until it is undefined again. */
  refuse(answer: { readonly status: number; readonly body: unknown } | undefined): void;
  /** Resolves when a generation has been left by its client and the server has noticed. */
  left(): Promise<void>;
  /** Resolves when the server has begun to work on a generation. */
  begun(): Promise<void>;
  /** As a crash: every connection breaks, nobody listens any more. */
  kill(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

export interface Exchange {
  readonly path: string;
  readonly body: Json;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  json(status: number, body: unknown): void;
}

/** How a server writes an answer. */
export interface Wire {
  readonly wholeCalls: boolean;
  /** Notices a closed connection while it reads the prompt; others finish reading first. */
  readonly cancelsPrefill: boolean;
  /** Notices one in mid-answer. */
  readonly cancelsDecode: boolean;
  readonly contentType: string;
  /** Chunks before the first piece; called again while the prompt is read. */
  progress?(state: { readonly done: number; readonly total: number; readonly cached: number }): string;
  open?(): string;
  piece(piece: Piece): string;
  end(end: AnswerEnd): string;
  error(message: string): string;
}

export interface AnswerEnd {
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export interface FakeOptions {
  /** Wants this key. */
  readonly key?: string;
}

/** `route` answers everything but what `say` is for; it calls `generate` for that. */
export async function startFakeServer(
  route: (exchange: Exchange, fake: FakeTools) => void | Promise<void>,
  options: FakeOptions = {},
): Promise<FakeServer> {
  const events = new EventEmitter();
  const seen: SeenRequest[] = [];
  const chats: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const cache = createPrefixCache();
  let model: FakeModel = () => ({ text: 'Hello.' });
  let refusal: { readonly status: number; readonly body: unknown } | undefined;
  let busy = 0;
  let port = 0;

  async function generate({ request, response, path, body }: Exchange, prompt: FakePrompt, wire: Wire): Promise<void> {
    chats.push({ path, body, headers: request.headers });
    busy += 1;
    let gone = false;
    response.once('close', () => {
      gone = !response.writableFinished;
    });
    const text = promptText(prompt);
    const total = tokensOf(text);
    const cached = cache.read(text);
    const answer = model(prompt);
    try {
      events.emit('begun');
      if (wire.progress !== undefined) {
        response.writeHead(200, { 'content-type': wire.contentType });
        response.write(wire.progress({ done: cached, total, cached }));
      }
      const until = performance.now() + (answer.prefillMs ?? 0);
      while (performance.now() < until && !(gone && wire.cancelsPrefill)) await sleep(5);
      if (gone && wire.cancelsPrefill) return;
      if (!response.headersSent) response.writeHead(200, { 'content-type': wire.contentType });
      if (wire.progress !== undefined) response.write(wire.progress({ done: total, total, cached }));
      if (wire.open !== undefined) response.write(wire.open());
      const plan = planAnswer(answer, prompt.maxTokens, wire.wholeCalls);
      for (const [index, piece] of plan.pieces.entries()) {
        if (answer.fault?.afterPieces === index) return await fail(answer.fault.kind, response, wire);
        if (answer.pieceMs !== undefined) await sleep(answer.pieceMs);
        if (gone && wire.cancelsDecode) return;
        // As slow as the client reads: an engine that runs ahead would hide a cancel.
        if (!response.write(wire.piece(piece)) && !gone)
          await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      if (answer.fault !== undefined) return await fail(answer.fault.kind, response, wire);
      response.end(
        wire.end({ finish: plan.finish, promptTokens: total, cachedTokens: cached, outputTokens: plan.outputTokens }),
      );
    } finally {
      busy -= 1;
      if (gone) events.emit('left');
    }
  }

  async function fail(kind: string, response: ServerResponse, wire: Wire): Promise<void> {
    if (kind === 'error') response.end(wire.error('the engine has failed'));
    else if (kind === 'garbage')
      response.write(wire.contentType.includes('ndjson') ? '{nonsense\n' : 'data: {nonsense\n\n');
    else if (kind === 'close') response.destroy();
    else await once(response, 'close');
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const path = (request.url ?? '').split('?')[0] ?? '';
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    let body: Json;
    try {
      body = text === '' ? undefined : JSON.parse(text);
    } catch {
      return json(400, { error: { message: 'invalid JSON', type: 'invalid_request_error', code: 400 } });
    }
    seen.push({ path, body, headers: request.headers });
    if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
      return json(401, { error: { message: 'Invalid API Key', type: 'authentication_error', code: 401 } });
    }
    if (refusal !== undefined && request.method === 'POST') {
      if (/chat/.test(path) && !/input_tokens/.test(path)) chats.push({ path, body, headers: request.headers });
      return json(refusal.status, refusal.body);
    }
    await route({ path, body, request, response, json }, { generate, count: (prompt) => tokensOf(promptText(prompt)) });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    chats,
    get busy() {
      return busy;
    },
    say: (next) => {
      model = next;
    },
    refuse: (answer) => {
      refusal = answer;
    },
    left: async () => void (await once(events, 'left')),
    begun: async () => void (await once(events, 'begun')),
    kill,
    restart: listen,
    [Symbol.asyncDispose]: kill,
  };
}

export interface FakeTools {
  generate(exchange: Exchange, prompt: FakePrompt, wire: Wire): Promise<void>;
  count(prompt: Pick<FakePrompt, 'messages' | 'tools'>): number;
}
