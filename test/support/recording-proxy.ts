/**
 * A pass-through between a real client and the gateway that notes what was asked and what came
 * back. Bytes are forwarded as they arrive, unchanged.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StreamedUsage } from './read-stream.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body, or null when there was none. */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign client
  readonly body: any;
  /** When it had arrived, ms of `performance.now()`. */
  readonly atMs: number;
  /** When the client began to be told; 0 until then. */
  toldAtMs: number;
  /** 0 until the answer has begun. */
  status: number;
  responseHeaders: IncomingHttpHeaders;
  responseText: string;
  /** When the answer was complete; 0 until then, and for one that broke off. */
  endedAtMs: number;
}

export interface RecordingProxy {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** The first request, of those so far and those to come, of which this holds. */
  when(holds: (request: RecordedRequest) => boolean): Promise<RecordedRequest>;
  /** From now on answers of which this holds are kept from the client until something has happened. */
  keepBack(holds: (request: RecordedRequest) => boolean, happened: Promise<unknown>): void;
  close(): Promise<void>;
}

/** `host`: a name to ask the target by, as a proxy before it may; else the name it is reached by. */
export async function startRecordingProxy(target: string, host?: string): Promise<RecordingProxy> {
  const requests: RecordedRequest[] = [];
  const kept: { readonly holds: (request: RecordedRequest) => boolean; readonly happened: Promise<unknown> }[] = [];
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const record: RecordedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: bytes.length === 0 ? null : JSON.parse(bytes.toString('utf8')),
      atMs: performance.now(),
      toldAtMs: 0,
      status: 0,
      responseHeaders: {},
      responseText: '',
      endedAtMs: 0,
    };
    requests.push(record);
    changes.emit('change');
    const { host: _ours, ...others } = incoming.headers;
    const headers = host === undefined ? others : { ...others, host };
    const upstream = httpRequest(new URL(record.path, target), { method: record.method, headers });
    upstream.on('response', async (response) => {
      record.status = response.statusCode ?? 0;
      record.responseHeaders = response.headers;
      changes.emit('change');
      for (const { holds, happened } of kept) if (holds(record)) await happened;
      record.toldAtMs = performance.now();
      outgoing.writeHead(record.status, response.headers);
      response.on('data', (chunk: Buffer) => {
        record.responseText += chunk.toString('latin1');
        changes.emit('change');
        outgoing.write(chunk);
      });
      response.on('end', () => {
        record.endedAtMs = performance.now();
        changes.emit('change');
        outgoing.end();
      });
      response.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    upstream.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async when(holds) {
      for (;;) {
        const found = requests.find(holds);
        if (found !== undefined) return found;
        await once(changes, 'change');
      }
    },
    keepBack: (holds, happened) => void kept.push({ holds, happened }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The final usage a recorded streamed answer told its client. */
export function streamedUsage(request: RecordedRequest): StreamedUsage {
  let usage = {};
  for (const line of request.responseText.split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const event = JSON.parse(line.slice('data: '.length));
    if (event.type === 'message_start') usage = { ...usage, ...event.message.usage };
    if (event.type === 'message_delta') usage = { ...usage, ...event.usage };
  }
  // Complete once the two events have been merged; the caller compares every field.
  return usage as StreamedUsage;
}
