/**
 * The least a gateway of this kind can do, as the yardstick of the benchmark: parse the request,
 * hand it to an upstream over one WebSocket, write what comes back as a Messages stream. No keys,
 * no queue, no checks, no ids to speak of, no errors.
 *
 * Usage: minimal-gateway.ts; prints `{"url"}` as JSON. GET /cpu tells its CPU time so far.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface UpstreamFrame {
  readonly id: number;
  readonly text?: string;
  readonly end?: { readonly input: number; readonly output: number };
}

const waiting = new Map<number, { readonly response: ServerResponse; started: boolean }>();
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
    waiting.set(id, { response, started: false });
    upstream?.send(JSON.stringify({ id, request: body }));
  });
});

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

function receive(frame: UpstreamFrame): void {
  const entry = waiting.get(frame.id);
  if (entry === undefined) return;
  const { response } = entry;
  let text = '';
  if (!entry.started) {
    entry.started = true;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const usage = { input_tokens: 0, output_tokens: 0 };
    const id = `msg_${frame.id}`;
    text += event('message_start', { message: { id, type: 'message', role: 'assistant', content: [], usage } });
    text += event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  }
  if (frame.text !== undefined) {
    text += event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: frame.text } });
  }
  if (frame.end === undefined) {
    response.write(text);
    return;
  }
  const usage = { input_tokens: frame.end.input, output_tokens: frame.end.output };
  text += event('content_block_stop', { index: 0 });
  text += event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage });
  response.end(text + event('message_stop', {}));
  waiting.delete(frame.id);
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
