/** Sends streamed requests and measures what a client sees. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

export interface Target {
  readonly url: string;
  readonly key: string;
}

export interface Answer {
  /** From the request to the first content delta, ms. */
  readonly ttftMs: number;
  /** Content deltas received. */
  readonly deltas: number;
  /** Tokens of the answer, as its `usage` says. */
  readonly tokens: number;
  /** Of the event stream. */
  readonly bytes: number;
  /** Of all that came over the connection, headers included. */
  readonly wireBytes: number;
  /** Pieces the event stream came in. */
  readonly chunks: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const connections = new Agent({ keepAlive: true, maxSockets: 64 });
/** What earlier answers took of the bytes of a connection. */
const bytesBefore = new WeakMap<Socket, number>();

/** One streamed request, to its end. Rejects on anything but a finished stream. */
export function streamOnce({ url, key }: Target, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const request = httpRequest(`${url}/v1/messages`, {
      method: 'POST',
      agent: connections,
      headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-length': body.length },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let ttftMs = 0;
      let text = '';
      let chunks = 0;
      const { socket } = response;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        chunks += 1;
        text += chunk;
        if (ttftMs === 0 && text.includes('event: content_block_delta')) ttftMs = performance.now() - startedMs;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200 || !text.includes('event: message_stop')) {
          reject(new Error(`status ${response.statusCode}: ${text.slice(-300)}`));
          return;
        }
        const wireBytes = socket.bytesRead - (bytesBefore.get(socket) ?? 0);
        bytesBefore.set(socket, socket.bytesRead);
        resolve({
          headers: response.headers,
          text,
          chunks,
          wireBytes,
          ttftMs,
          deltas: text.split('event: content_block_delta').length - 1,
          tokens: Number(/.*"output_tokens":(\d+)/s.exec(text)?.[1]),
          bytes: Buffer.byteLength(text),
        });
      });
    });
    request.end(body);
  });
}

/** `count` requests, `concurrency` at a time. */
export async function streamMany(target: Target, body: Buffer, count: number, concurrency: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started++ < count) answers.push(await streamOnce(target, body));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return answers;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
