import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { limits } from '../../contract/limits.ts';
import { StreamAnswer } from './stream-answer.ts';

/** As much of a response as a stream uses; `unread` is what waits to be sent. */
function stalledResponse() {
  const socket = { bytesWritten: 0, writableLength: 0 };
  const response = {
    socket,
    headersSent: false,
    chunkedEncoding: false,
    writableEnded: false,
    destroyed: false,
    unread: 0,
    /** All that was written. */
    text: '',
    drained: () => {},
    on(_event: 'drain', drained: () => void) {
      this.drained = drained;
    },
    get writableNeedDrain() {
      return this.unread > 0 && !this.writableEnded;
    },
    get writableLength() {
      return this.unread;
    },
    writeHead() {
      this.headersSent = true;
    },
    write(text: string) {
      this.unread += text.length;
      this.text += text;
      socket.bytesWritten += text.length;
      socket.writableLength = this.unread;
    },
    end(text: string) {
      this.write(text);
      this.writableEnded = true;
    },
    /** The client's computer takes bytes. */
    take(bytes: number) {
      this.unread -= bytes;
      socket.writableLength = this.unread;
      if (this.unread === 0) this.drained();
    },
    destroy() {
      this.destroyed = true;
    },
  };
  return response;
}

function streamTo(response: ReturnType<typeof stalledResponse>, waitsFor: () => string | null = () => null) {
  const cuts: string[] = [];
  const told = { rooms: 0, heldUp: 0 };
  const clock = { nowMs: 0 };
  const stream = new StreamAnswer({
    // The part of it that is used.
    response: response as unknown as ServerResponse,
    requestId: 'req_1',
    headers: {},
    messageId: 'msg_1',
    model: 'tiny',
    estimatedTokens: 1,
    signThinking: () => '',
    reportsEdits: false,
    nowMs: () => clock.nowMs,
    waitsFor,
    onShown() {},
    onRoom: () => {
      told.rooms += 1;
    },
    onHeldUp: () => {
      told.heldUp += 1;
    },
    onCut: (reason) => cuts.push(reason),
  });
  const tickFor = (ms: number, each: () => void = () => {}): void => {
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs && !response.destroyed; clock.nowMs += 1_000) {
      each();
      stream.tick();
    }
  };
  return { stream, cuts, told, clock, tickFor };
}

const opening: GenerationEvent[] = [
  { type: 'generation-start', promptTokens: 1, cachedTokens: 0 },
  { type: 'block-start', block: { kind: 'text' } },
];
const delta = (text: string): GenerationEvent[] => [{ type: 'block-delta', text }];

test('content and the end behind it go out in one write, and an attempt that came to nothing leaves none of it', () => {
  const response = stalledResponse();
  const writes: string[] = [];
  response.write = (text) => void writes.push(text);
  const { stream } = streamTo(response);
  const last = (text: string): GenerationEvent[] => [...opening, ...delta(text), { type: 'block-end' }];
  stream.events(last('wrong'), true);
  stream.discard();
  assert.deepEqual(writes, []);
  const { stream: second } = streamTo(response);
  second.events(last('right'), true);
  const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 };
  second.finish(
    { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
    { decision: null, attempts: 1, ttftMs: 1, totalMs: 1, usage },
  );
  assert.equal(writes.length, 1);
  assert.match(writes[0] ?? '', /^event: message_start\n[\s\S]*"right"[\s\S]*event: message_stop\n.*\n\n$/);
});

test('a client that waits is kept by pings, with its place in the queue as a comment when that is news', () => {
  const response = stalledResponse();
  const { stream, tickFor } = streamTo(response);
  const readAll = () => response.take(response.unread);
  stream.queued(7);
  stream.queued(5, 24_100);
  tickFor(limits.holdHeadersMs, readAll);
  assert.match(
    response.text,
    /^event: message_start\n.*\n\n: waiting, number 5 in the queue, for about 25 s\n\nevent: ping\n/,
  );
  response.text = '';
  tickFor(limits.pingIntervalMs, readAll);
  assert.equal(response.text, 'event: ping\ndata: {"type":"ping"}\n\n', 'nothing new');
  response.text = '';
  stream.queued(1);
  stream.events([{ type: 'progress', phase: 'prefill', doneTokens: 1, totalTokens: 2 }]);
  tickFor(limits.pingIntervalMs, readAll);
  assert.equal(response.text, 'event: ping\ndata: {"type":"ping"}\n\n', 'it waits no more');
});

test('a client that waits for a load is told of it with each ping, as long as it changes', () => {
  const response = stalledResponse();
  let load: string | null = 'big is being loaded on mb, 10 %';
  const { stream, tickFor } = streamTo(response, () => load);
  const told = (ms: number): string => {
    response.text = '';
    tickFor(ms, () => response.take(response.unread));
    return response.text;
  };
  const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
  stream.queued(1);
  assert.match(
    told(limits.holdHeadersMs),
    /\n\n: waiting, number 1 in the queue\n\n: big is being loaded on mb, 10 %\n\nevent: ping\n/,
  );
  assert.equal(told(limits.pingIntervalMs), ping);
  load = 'big is being loaded on mb, 60 %';
  assert.equal(told(limits.pingIntervalMs), `: ${load}\n\n${ping}`);
  load = null;
  assert.equal(told(limits.pingIntervalMs), ping);
});

test('a client that takes nothing for 30 s is cut', () => {
  const response = stalledResponse();
  const { stream, cuts, clock, tickFor } = streamTo(response);
  stream.events([...opening, ...delta('x'.repeat(100_000))]);
  tickFor(limits.clientStallMs - 1_000);
  assert.deepEqual(cuts, []);
  tickFor(5_000);
  assert.deepEqual(cuts, ['slow-client']);
  assert.ok(clock.nowMs <= limits.clientStallMs + 2_000);
});

test('a client that takes nothing of the end of its answer is cut as well', () => {
  const response = stalledResponse();
  const { stream, cuts, tickFor } = streamTo(response);
  stream.events([...opening, ...delta('x'.repeat(100_000)), { type: 'block-end' }]);
  const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 };
  const summary = { decision: null, attempts: 1, ttftMs: null, totalMs: 0, usage };
  stream.finish({ type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage }, summary);
  tickFor(limits.clientStallMs + 5_000);
  assert.deepEqual(cuts, ['slow-client']);
});

test('a slow client that takes a little every few seconds is kept', () => {
  const response = stalledResponse();
  const { stream, cuts, tickFor } = streamTo(response);
  stream.events([...opening, ...delta('x'.repeat(1_000_000))]);
  let looks = 0;
  tickFor(4 * limits.clientStallMs, () => {
    looks += 1;
    if (looks % 20 === 0) response.take(1);
  });
  assert.deepEqual([cuts, response.destroyed], [[], false]);
});

test('4 MiB that nobody takes cut the client in the middle of a second', () => {
  const response = stalledResponse();
  const { stream, cuts } = streamTo(response);
  stream.events(opening);
  for (let pieces = 0; pieces < 63; pieces++) stream.events(delta('x'.repeat(65_000)));
  assert.deepEqual(cuts, []);
  for (let pieces = 0; pieces < 3; pieces++) stream.events(delta('x'.repeat(65_000)));
  assert.equal(cuts[0], 'slow-client');
  assert.ok(response.destroyed);
});

test('1 MiB that nobody takes holds the machine up, until half of it was read', () => {
  const response = stalledResponse();
  const { stream, told, tickFor } = streamTo(response);
  stream.events([...opening, ...delta('x'.repeat(1_000_000))]);
  assert.ok(!stream.isFull);
  stream.events(delta('x'.repeat(100_000)));
  assert.ok(stream.isFull);
  tickFor(3_000);
  // The yard must not take the machine's silence for a fault of it.
  assert.deepEqual(told, { rooms: 0, heldUp: 3 });
  response.take(700_000);
  tickFor(1_000);
  assert.ok(!stream.isFull);
  assert.deepEqual(told, { rooms: 1, heldUp: 3 });
});

test('a client that reads everything at once is not waited for', () => {
  const response = stalledResponse();
  const { stream, told } = streamTo(response);
  stream.events([...opening, ...delta('x'.repeat(1_100_000))]);
  response.take(response.unread);
  assert.deepEqual([stream.isFull, told.rooms], [false, 1]);
});

test('a body in chunks is framed in bytes, also what waited for its reader, and ended', () => {
  const response = stalledResponse();
  response.chunkedEncoding = true;
  const { stream } = streamTo(response);
  const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 };
  stream.events([...opening, ...delta('h\u00e9 \u{1f600}')]);
  stream.events([...delta('waits'), { type: 'block-end' }]);
  stream.finish(
    { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
    { decision: null, attempts: 1, ttftMs: 1, totalMs: 1, usage },
  );
  assert.equal(response.chunkedEncoding, false, 'Node would frame it again');
  let rest = Buffer.from(response.text);
  let body = '';
  for (;;) {
    const line = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.subarray(0, line).toString(), 16);
    body += rest.subarray(line + 2, line + 2 + length).toString();
    assert.equal(rest.subarray(line + 2 + length, line + 4 + length).toString(), '\r\n');
    rest = rest.subarray(line + 4 + length);
    if (length === 0) break;
  }
  assert.equal(rest.length, 0);
  assert.match(body, /h\u00e9 \u{1f600}.*waits.*event: message_stop\n.*\n\n$/su);
});
