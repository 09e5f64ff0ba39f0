/**
 * The least a gateway of this kind can do, as the yardstick of the benchmark: parse the request,
 * hand it to an upstream over one WebSocket, write what comes back as a Messages stream, with the
 * headers and the events that Metalyard writes. No keys, no queue, no checks, no log, no errors.
 *
 * Usage: minimal-gateway.ts; prints `{"url"}` as JSON. GET /cpu tells its CPU time so far.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { UpstreamFrame } from './minimal-upstream.ts';

interface Waiting {
  readonly response: ServerResponse;
  readonly model: string;
  started: boolean;
}

const waiting = new Map<number, Waiting>();
let upstream: WebSocket | undefined;
let requests = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(process.cpuUsage()));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const id = ++requests;
    waiting.set(id, { response, model: body.model, started: false });
    upstream?.send(JSON.stringify({ id, request: body }));
  });
});

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const digits = (id: number): string => String(id).padStart(24, '0');

function usage(inputTokens: number, outputTokens: number) {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    server_tool_use: null,
    output_tokens_details: null,
  };
}

function start(id: number, { response, model }: Waiting): string {
  response.writeHead(200, {
    'request-id': `req_${digits(id)}`,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  const message = {
    id: `msg_${digits(id)}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: { ...usage(0, 0), cache_creation: null, service_tier: 'standard', inference_geo: null, speed: null },
  };
  const block = { type: 'text', text: '' };
  return event('message_start', { message }) + event('content_block_start', { index: 0, content_block: block });
}

function receive({ id, text, end }: UpstreamFrame): void {
  const entry = waiting.get(id);
  if (entry === undefined) return;
  let out = entry.started ? '' : start(id, entry);
  entry.started = true;
  out += event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  if (end === undefined) {
    entry.response.write(out);
    return;
  }
  const delta = { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null };
  out += event('content_block_stop', { index: 0 });
  out += event('message_delta', { delta, usage: usage(end.input, end.output) });
  entry.response.end(out + event('message_stop', {}));
  waiting.delete(id);
}

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  upstream = socket;
  socket.on('message', (data) => receive(JSON.parse(data.toString())));
  process.stdout.write('{"upstream": true}\n');
});
server.listen(0, '127.0.0.1', () => {
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.on('disconnect', () => process.exit(0));
