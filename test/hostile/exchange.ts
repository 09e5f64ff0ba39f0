/** HTTP by hand: what a well-behaved client library would never send, and exactly what came back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
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
): Promise<Answer> {
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
  const closed = once(socket, 'close').then(() => {});
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

/** Splits what a connection received into its HTTP responses; fails on anything else. */
export function responsesIn(received: string, { cut = false } = {}): Answer[] {
  const answers: Answer[] = [];
  let rest = received;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
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
    let text: string;
    if (headers['transfer-encoding'] === 'chunked') [text, rest] = readChunks(rest, cut);
    else if (headers['content-length'] !== undefined) {
      const length = Number(headers['content-length']);
      assert.ok(cut || rest.length >= length, 'the body is complete');
      [text, rest] = [rest.slice(0, length), rest.slice(length)];
    } else [text, rest] = [rest, ''];
    answers.push({ status, headers, text: Buffer.from(text, 'latin1').toString('utf8'), tookMs: 0 });
  }
  return answers;
}

function readChunks(from: string, cut: boolean): [text: string, rest: string] {
  let text = '';
  let rest = from;
  for (;;) {
    const [head, size = ''] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (head === undefined) {
      assert.ok(cut, `no chunk: ${rest.slice(0, 100)}`);
      return [text, ''];
    }
    const length = Number.parseInt(size, 16);
    rest = rest.slice(head.length);
    text += rest.slice(0, length);
    if (!cut) assert.equal(rest.slice(length, length + 2), '\r\n', 'a chunk ends where it says');
    rest = rest.slice(length + 2);
    if (length === 0) return [text, rest];
  }
}
