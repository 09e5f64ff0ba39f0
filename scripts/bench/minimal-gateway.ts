/**
 * The least a gateway of this kind can do, as the yardstick of the benchmark. The same bodies come in, are parsed, and
 * go as JSON over one WebSocket to a real agent, in frames and offers like the gateway's; all the agent says is parsed;
 * what it says of the answer goes out as the same events, with the same headers and comment, one write for each
 * message. Frames are confirmed and output is credited as often as by the gateway, because the agent asks for it.
 * Between them is nothing but parsing and writing: no keys, no queue, no checks, no hashes, no log, no errors.
 *
 * What only the real gateway can know (the hashes in an offer, the figures in its headers) was recorded from it in the
 * same run, and is written down anew for each request. Both run under the same Node with its usual settings.
 *
 * Usage: forked; tells `{"url"}`, then `{"machine": true}` once an agent has a model ready. Takes a `Recorded`, and is
 * ready for requests when it answers "ready". GET /cpu tells its CPU time so far.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GenerationEvent, GenerationUsage } from '../../src/contract/generation/events.ts';
import { limits } from '../../src/contract/limits.ts';
import type { AgentMessage } from '../../src/contract/link/messages.ts';

/** What a gateway has said in the same run. */
export interface Recorded {
  /** An offer, without its request. */
  readonly offer: Readonly<Record<string, unknown>>;
  /** Of an answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The line before the end of a stream, as it was sent. */
  readonly comment: string;
}
/** Sent first, by itself: agents are let in with it. */
export interface RecordedWelcome {
  readonly welcome: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly response: ServerResponse;
  readonly model: string;
  /** Content deltas since the last credit, and in all; characters in all. */
  unpaid: number;
  deltas: number;
  chars: number;
}

const confirmMs = 200;
const waiting = new Map<string, Waiting>();
let recorded: Recorded = { offer: {}, headers: {}, comment: '' };
let welcome: RecordedWelcome['welcome'] = {};
let machine: WebSocket | undefined;
let requests = 0;
/** Frames sent in each lane. */
const sent = { c: 0, d: 0 };
/** Frames that have arrived, and those that are confirmed. */
const arrived = { c: '0', d: '0' };
let confirmed = 'a 0 0';

const server = createServer((request, response) => {
  if (request.url === '/cpu') return void response.end(JSON.stringify(process.cpuUsage()));
  // Agents look whether anybody is there.
  if (request.method !== 'POST') return void response.end();
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const requestId = `req_${String(++requests).padStart(24, '0')}`;
    waiting.set(requestId, { response, model: body.model, unpaid: 0, deltas: 0, chars: 0 });
    send('d', JSON.stringify({ ...recorded.offer, requestId, attempt: 1, request: body }));
  });
});

/** In frames of the length the gateway cuts to. Bodies of the benchmark are nearly all ASCII: characters are bytes. */
function send(lane: 'c' | 'd', text: string): void {
  for (let from = 0; from < text.length; from += limits.linkFrameBytes) {
    const more = from + limits.linkFrameBytes < text.length ? '+' : '';
    machine?.send(`${lane}${++sent[lane]}${more} ${text.slice(from, from + limits.linkFrameBytes)}`);
  }
}

/** Agents do not cut what they say here. */
function hearFrame(frame: string): void {
  const lane = frame[0] === 'c' ? 'c' : frame[0] === 'd' ? 'd' : null;
  if (lane === null) return;
  const end = frame.indexOf(' ');
  arrived[lane] = frame.slice(1, end);
  hear(JSON.parse(frame.slice(end + 1)));
}

function hear(message: AgentMessage): void {
  if (message.type === 'report' && message.models.some(({ status }) => status === 'ready')) {
    process.send?.({ machine: true });
  }
  if (message.type !== 'output') return;
  const { requestId, events } = message;
  const entry = waiting.get(requestId);
  if (entry === undefined) return;
  const { response, model } = entry;
  let text = '';
  for (const event of events) {
    text += eventsFor(event, requestId, model);
    if (event.type === 'block-delta') {
      entry.unpaid += 1;
      entry.deltas += 1;
      entry.chars += event.text.length;
    }
  }
  if (entry.unpaid >= limits.streamCreditDeltas / 2) {
    entry.unpaid = 0;
    const { deltas, chars } = entry;
    send('c', JSON.stringify({ type: 'credit', requestId, attempt: 1, taken: { chars, deltas } }));
  }
  if (text === '') return;
  if (!response.headersSent) response.writeHead(200, { ...recorded.headers, 'request-id': requestId });
  if (events.at(-1)?.type !== 'generation-end') return void response.write(text);
  response.end(text);
  waiting.delete(requestId);
}

/** One text block, and nothing but what the script of the benchmark says. */
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
      return sse('message_delta', { delta, usage: usageOf(event.usage) }) + recorded.comment + sse('message_stop', {});
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

function greet(socket: WebSocket): void {
  machine = socket;
  socket.send(JSON.stringify({ type: 'challenge', gatewayId: 'minimal', epoch: 1, nonce: 'A'.repeat(43) }));
  socket.once('message', () => {
    socket.send(JSON.stringify({ ...welcome, gatewayId: 'minimal' }));
    socket.on('message', (data) => hearFrame(data.toString()));
  });
}

setInterval(() => {
  const frame = `a ${arrived.c} ${arrived.d}`;
  if (frame === confirmed) return;
  confirmed = frame;
  machine?.send(frame);
}, confirmMs).unref();

process.on('message', (message: Recorded | RecordedWelcome) => {
  if ('welcome' in message) ({ welcome } = message);
  else recorded = message;
  process.send?.('ready');
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', greet);
server.listen(0, '127.0.0.1', () => {
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on('disconnect', () => process.exit(0));
