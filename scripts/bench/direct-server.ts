/**
 * The engine with nothing before it but the least of a server: what a client would have without gateway and agent. A body comes in
 * over HTTP, is parsed, and as JSON it is the prompt; what the engine writes goes out as events, one write for each of its messages.
 * Nothing is checked, rendered or counted.
 *
 * Usage: forked with the engine's program; tells `{"url"}` once the engine is loaded.
 */
import { fork } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FromEngine, ToEngine } from '../../src/contract/engine/raw.ts';

const [program = ''] = process.argv.slice(2);
const engine = fork(program, { serialization: 'advanced' });
const tell = (message: ToEngine) => engine.send(message);
const waiting = new Map<number, { readonly response: ServerResponse; readonly maxTokens: number }>();
let calls = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const callId = ++calls;
    waiting.set(callId, { response, maxTokens: body.max_tokens });
    tell({ type: 'tokenize', callId, segments: [{ text: JSON.stringify(body), special: false }] });
  });
});

engine.on('message', (message: FromEngine) => {
  if (message.type === 'loaded') return void server.listen(0, '127.0.0.1', listening);
  if (message.type !== 'tokenized' && message.type !== 'events') return;
  const { callId } = message;
  const entry = waiting.get(callId);
  if (entry === undefined) return;
  const { response, maxTokens } = entry;
  if (message.type === 'tokenized') {
    tell({ type: 'generate', callId, request: { tokens: message.tokens, maxTokens, temperature: 0 } });
    return;
  }
  let text = '';
  for (const event of message.events) {
    if (event.type === 'piece') text += sse('content_block_delta', { text: event.text });
    else if (event.type === 'error') response.destroy();
    else if (event.type === 'end') {
      waiting.delete(callId);
      return void response.end(text + sse('message_stop', {}));
    }
  }
  if (text === '') return;
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
});

const sse = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

function listening(): void {
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
}

tell({ type: 'load', options: { modelPath: '-', window: 200_000, slots: 4, threads: 1, gpu: 'off' } });
process.on('disconnect', () => process.exit(0));
