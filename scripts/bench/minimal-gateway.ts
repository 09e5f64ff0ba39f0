/**
 * The least a gateway of this kind can do, as the yardstick of the benchmark: the same requests come
 * in, are parsed, and go to the machine as JSON over one WebSocket; the text comes back in as many
 * messages, is parsed, and goes out as the same events. Between them is nothing but parsing and writing:
 * no keys, no queue, no checks, no log, no errors. Its machine says less than an agent does (no token ids,
 * nothing of slots), and nothing is confirmed: what those cost is in the ratio too. Both run under the same
 * Node with the same settings, which are the usual ones.
 *
 * Usage: minimal-gateway.ts; prints `{"url"}` as JSON. GET /cpu tells its CPU time so far.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GenerationEvent, GenerationUsage } from '../../src/contract/generation/events.ts';
import type { AgentMessage } from '../../src/contract/link/messages.ts';

const waiting = new Map<string, { readonly response: ServerResponse; readonly model: string }>();
let machine: WebSocket | undefined;
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
    const requestId = `req_${String(++requests).padStart(24, '0')}`;
    waiting.set(requestId, { response, model: body.model });
    machine?.send(JSON.stringify({ type: 'offer', requestId, attempt: 1, request: body }));
  });
});

function hear(message: AgentMessage): void {
  if (message.type !== 'output') return;
  const { requestId, events } = message;
  const entry = waiting.get(requestId);
  if (entry === undefined) return;
  const { response, model } = entry;
  const text = events.map((event) => eventsFor(event, requestId, model)).join('');
  if (!response.headersSent) {
    response.writeHead(200, {
      'request-id': requestId,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
  }
  if (events.at(-1)?.type !== 'generation-end') return void response.write(text);
  response.end(text);
  waiting.delete(requestId);
}

/** One text block, and nothing but what the machine of the benchmark says. */
function eventsFor(event: GenerationEvent, requestId: string, model: string): string {
  switch (event.type) {
    case 'generation-start':
      return sse('message_start', { message: emptyMessage(requestId, model, event) });
    case 'block-start':
      return sse('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    case 'block-delta':
      return sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: event.text } });
    case 'block-end':
      return sse('content_block_stop', { index: 0 });
    case 'generation-end': {
      const delta = { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null };
      return sse('message_delta', { delta, usage: usageOf(event.usage) }) + sse('message_stop', {});
    }
    default:
      return '';
  }
}

const sse = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

const usageOf = ({ promptTokens, cachedTokens, outputTokens }: Partial<GenerationUsage>) => ({
  input_tokens: (promptTokens ?? 0) - (cachedTokens ?? 0),
  output_tokens: outputTokens ?? 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cachedTokens ?? 0,
  server_tool_use: null,
  output_tokens_details: null,
});

const emptyMessage = (requestId: string, model: string, counts: Partial<GenerationUsage>) => ({
  id: requestId.replace('req', 'msg'),
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: null,
  usage: { ...usageOf(counts), cache_creation: null, service_tier: 'standard', inference_geo: null, speed: null },
});

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  machine = socket;
  socket.on('message', (data) => hear(JSON.parse(data.toString())));
  process.stdout.write('{"machine": true}\n');
});
server.listen(0, '127.0.0.1', () => {
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.on('disconnect', () => process.exit(0));
