/**
 * Reads a Messages stream as the strictest client would, and fails on anything the grammar of
 * the API does not allow. Written from the API's description alone, so that it can disagree with
 * the gateway's writer.
 */
import assert from 'node:assert/strict';

/** One event: `event:` line and parsed `data:` line. */
export interface StreamEvent {
  readonly type: string;
  // The shape depends on the type; tests look at what they need.
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the far side
  readonly data: any;
}

export interface StreamedMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly StreamedBlock[];
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly usage: StreamedUsage;
  /** Usage as `message_start` told it. */
  readonly startUsage: StreamedUsage;
  readonly events: readonly StreamEvent[];
  readonly requestId: string;
}

export interface StreamedUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number | null;
  readonly cache_creation_input_tokens: number | null;
}

export type StreamedBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    };

/** Events in order of arrival. */
export async function* streamEvents(response: Response): AsyncGenerator<StreamEvent> {
  assert.ok(response.body, 'a stream has a body');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let cut = rest.indexOf('\n\n'); cut !== -1; cut = rest.indexOf('\n\n')) {
      const event = readEvent(rest.slice(0, cut));
      rest = rest.slice(cut + 2);
      if (event !== null) yield event;
    }
  }
  assert.equal(rest, '', 'the last event is terminated by an empty line');
}

function readEvent(frame: string): StreamEvent | null {
  const lines = frame.split('\n').filter((line) => !line.startsWith(':'));
  if (lines.length === 0) return null;
  assert.equal(lines.length, 2, `an event has an event line and a data line: ${frame.slice(0, 200)}`);
  const [name = '', data = ''] = lines;
  assert.ok(name.startsWith('event: '), `unexpected line: ${name}`);
  assert.ok(data.startsWith('data: '), `unexpected line: ${data.slice(0, 100)}`);
  const type = name.slice('event: '.length);
  const parsed = JSON.parse(data.slice('data: '.length));
  assert.equal(parsed.type, type, 'event line and data agree');
  return { type, data: parsed };
}

/** Reads a whole answer; fails on an `error` event. */
export async function readStream(response: Response): Promise<StreamedMessage> {
  if (response.status !== 200) assert.fail(`status ${response.status}: ${await response.text()}`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const requestId = response.headers.get('request-id') ?? '';
  assert.match(requestId, /^req_/);
  const events: StreamEvent[] = [];
  for await (const event of streamEvents(response)) events.push(event);
  return assembleMessage(events, requestId);
}

/** Checks the grammar and puts the message together. */
export function assembleMessage(events: readonly StreamEvent[], requestId: string): StreamedMessage {
  const rest = events.filter(({ type }) => type !== 'ping');
  const failure = rest.find(({ type }) => type === 'error');
  if (failure !== undefined) assert.fail(`error event: ${JSON.stringify(failure.data.error)}`);
  const [start, ...body] = rest;
  assert.equal(start?.type, 'message_start');
  const message = start.data.message;
  assert.equal(message.type, 'message');
  assert.equal(message.role, 'assistant');
  assert.deepEqual(message.content, []);
  assert.equal(message.stop_reason, null);
  assert.match(message.id, /^msg_/);

  const content: StreamedBlock[] = [];
  while (body[0]?.type === 'content_block_start') content.push(readBlock(body, content.length));

  const end = body.shift();
  assert.equal(end?.type, 'message_delta');
  assert.ok(end.data.delta.stop_reason, 'the stop reason is told');
  assert.equal(body.shift()?.type, 'message_stop');
  assert.deepEqual(body, [], 'nothing follows message_stop');
  for (const usage of [message.usage, end.data.usage]) {
    assert.ok(Number.isInteger(usage.output_tokens), 'output tokens are counted');
  }
  assert.ok(Number.isInteger(message.usage.input_tokens), 'input tokens are counted');
  return {
    id: message.id,
    model: message.model,
    content,
    stop_reason: end.data.delta.stop_reason,
    stop_sequence: end.data.delta.stop_sequence ?? null,
    usage: { ...message.usage, ...end.data.usage },
    startUsage: message.usage,
    events,
    requestId,
  };
}

function readBlock(body: StreamEvent[], index: number): StreamedBlock {
  const opened = body.shift();
  assert.equal(opened?.data.index, index, 'block indexes are dense');
  const block = opened.data.content_block;
  const deltas: StreamEvent['data'][] = [];
  for (;;) {
    const next = body.shift();
    assert.ok(next, 'every block is closed');
    assert.equal(next.data.index, index, 'one block is open at a time');
    if (next.type === 'content_block_stop') break;
    assert.equal(next.type, 'content_block_delta');
    deltas.push(next.data.delta);
  }
  const joined = (type: string, field: string): string => {
    return deltas.map((delta) => (delta.type === type ? delta[field] : '')).join('');
  };
  const only = (...types: string[]) => {
    for (const { type } of deltas) assert.ok(types.includes(type), `${type} in a ${block.type} block`);
  };
  switch (block.type) {
    case 'text':
      assert.equal(block.text, '');
      only('text_delta');
      return { type: 'text', text: joined('text_delta', 'text') };
    case 'thinking':
      assert.equal(block.thinking, '');
      only('thinking_delta', 'signature_delta');
      assert.equal(deltas.at(-1)?.type, 'signature_delta', 'the signature comes last');
      return {
        type: 'thinking',
        thinking: joined('thinking_delta', 'thinking'),
        signature: joined('signature_delta', 'signature'),
      };
    case 'tool_use': {
      assert.deepEqual(block.input, {});
      only('input_json_delta');
      const json = joined('input_json_delta', 'partial_json');
      const input = json === '' ? {} : JSON.parse(json);
      assert.equal(typeof input, 'object');
      return { type: 'tool_use', id: block.id, name: block.name, input };
    }
    default:
      return assert.fail(`unexpected block ${block.type}`);
  }
}

/** The text blocks of an answer, joined. */
export function textOf(message: { readonly content: readonly { readonly type: string }[] }): string {
  return message.content.map((block) => ('text' in block ? block.text : '')).join('');
}
