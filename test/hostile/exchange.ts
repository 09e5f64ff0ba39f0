/** HTTP by hand: what a well-behaved client library would never send, and exactly what came back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** Whether all of it came. */
  readonly complete: boolean;
}

export interface TimedAnswer extends Answer {
  /** From the last byte sent to the whole answer, ms. */
  readonly tookMs: number;
}

export interface Target {
  readonly url: string;
  readonly key: string;
}

/** POSTs bytes to `/v1/messages` over a connection of its own. */
export async function post(
  target: Target,
  body: Uint8Array | string,
  headers: OutgoingHttpHeaders = {},
): Promise<TimedAnswer> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const request = httpRequest(`${target.url}/v1/messages`, {
    method: 'POST',
    agent: false,
    headers: {
      'x-api-key': target.key,
      'content-type': 'application/json',
      ...(headers['transfer-encoding'] === undefined ? { 'content-length': bytes.length } : {}),
      ...headers,
    },
  });
  const responding = once(request, 'response') as Promise<[IncomingMessage]>;
  // The answer may come before the body is sent; the rest is then of no use.
  const sent = new Promise<void>((resolve) => {
    request.end(bytes, () => resolve());
    responding.then(
      () => resolve(),
      () => resolve(),
    );
  });
  await sent;
  const sentAtMs = performance.now();
  const [response] = await responding;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const tookMs = performance.now() - sentAtMs;
  request.destroy();
  return {
    // A response always has a status.
    status: response.statusCode as number,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
    complete: true,
    tookMs,
  };
}

/** The error in an answer; fails unless it is Anthropic's envelope with our headers. */
export function errorOf(answer: Pick<Answer, 'status' | 'headers' | 'text'>): {
  type: string;
  message: string;
  code: string;
} {
  const body = JSON.parse(answer.text);
  assert.equal(body.type, 'error', answer.text);
  assert.match(body.request_id, /^req_\w+$/);
  assert.equal(answer.headers['request-id'], body.request_id);
  assert.match(String(answer.headers['x-should-retry']), /^(true|false)$/);
  const { type, message, details } = body.error;
  assert.equal(typeof message, 'string');
  return { type, message, code: details.error_code };
}

/** A TCP connection to the gateway that keeps what it receives. */
export interface Wire {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly received: string;
  readonly closed: Promise<void>;
  /** Resolves once `text` was received; rejects when the connection closed before. */
  until(text: string | RegExp): Promise<void>;
}

export async function openWire(target: Target): Promise<Wire> {
  const { hostname, port } = new URL(target.url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return {
    socket,
    get received() {
      return received;
    },
    closed,
    async until(wanted) {
      const seen = (): boolean => (typeof wanted === 'string' ? received.includes(wanted) : wanted.test(received));
      while (!seen()) {
        if (socket.destroyed) assert.fail(`closed before ${wanted} came: ${received.slice(0, 500)}`);
        await Promise.race([once(socket, 'data'), closed]);
      }
    },
  };
}

/** Sends text over a connection of its own; the answer is everything until the gateway closes. */
export async function sendRaw(target: Target, text: string): Promise<string> {
  const wire = await openWire(target);
  wire.socket.write(text, 'latin1');
  await wire.closed;
  return wire.received;
}

/**
 * Splits what a connection received into its HTTP responses; fails on anything else. Only with `cut` may the
 * last one be incomplete.
 */
export function responsesIn(received: string, { cut = false } = {}): Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0 && cut && 'HTTP/1.1 '.startsWith(rest.slice(0, 9))) return answers;
    assert.ok(end > 0, `no head of a response: ${rest.slice(0, 300)}`);
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    assert.ok(status >= 100, `no status line: ${statusLine}`);
    rest = rest.slice(end + 4);
    if (status === 100) continue;
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:\s]+): ?(.*)$/.exec(line) ?? assert.fail(`no header: ${line}`);
      headers[name.toLowerCase()] = value;
    }
    const body = readBody(rest, headers);
    assert.ok(cut || body.complete, 'the body is complete');
    rest = rest.slice(body.length);
    const text = Buffer.from(body.text, 'latin1').toString('utf8');
    answers.push({ status, headers, text, complete: body.complete });
  }
  return answers;
}

interface ReadBody {
  readonly text: string;
  /** Characters it takes on the wire. */
  readonly length: number;
  readonly complete: boolean;
}

function readBody(rest: string, headers: Readonly<Record<string, string>>): ReadBody {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest);
  // Without a length the body ends with the connection.
  const length = Number(headers['content-length'] ?? rest.length);
  return { text: rest.slice(0, length), length, complete: rest.length >= length };
}

function readChunks(from: string): ReadBody {
  let text = '';
  let at = 0;
  for (;;) {
    const [head, size = ''] = /^([0-9a-f]+)\r\n/i.exec(from.slice(at, at + 20)) ?? [];
    if (head === undefined) {
      assert.match(from.slice(at, at + 20), /^[0-9a-f]*\r?$/i, 'a chunk begins with its size');
      return { text, length: from.length, complete: false };
    }
    const start = at + head.length;
    const length = Number.parseInt(size, 16);
    text += from.slice(start, start + length);
    at = start + length + 2;
    if (at > from.length) return { text, length: from.length, complete: false };
    assert.equal(from.slice(at - 2, at), '\r\n', 'a chunk ends where it says');
    if (length === 0) return { text, length: at, complete: true };
  }
}
