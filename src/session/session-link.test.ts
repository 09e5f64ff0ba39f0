/** What one end of a session makes of words it does not know, of frames that are missing, and of long ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentMessage, type GatewayMessage, readAgentMessage } from '../contract/link/messages.ts';
import { IncomingLanes, OutgoingLanes } from './lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { SessionLink } from './session-link.ts';

interface OneEnd {
  readonly link: SessionLink<AgentMessage, GatewayMessage>;
  /** A frame comes from the other end. */
  say(frame: string): void;
  /** Frames that went to it. */
  readonly sent: string[];
  readonly heard: string[];
  readonly told: string[];
  readonly ends: string[];
}

function oneEnd(): OneEnd {
  const heard: string[] = [];
  const told: string[] = [];
  const ends: string[] = [];
  const sent: string[] = [];
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = {
    bufferedBytes: 0,
    send: (head, payload) => sent.push(`${head}${payload}`),
    close: (reason) => ends.push(reason),
    hear(next) {
      hearer = next;
    },
  };
  const link = new SessionLink<AgentMessage, GatewayMessage>({
    read: readAgentMessage,
    outgoing: new OutgoingLanes({ frameBytes: 1_000, windowBytes: 10_000, heldBytes: 100_000 }),
    incoming: new IncomingLanes(40_000),
    after: () => () => {},
    onMessage: ({ type }) => heard.push(type),
    onUnknown: (type) => told.push(type),
    onDetached: (why) => ends.push(why),
    onEnded: (why) => ends.push(why),
  });
  link.attach(pipe, { c: 0, d: 0 });
  return { link, say: (frame) => hearer?.onFrame(frame), sent, heard, told, ends };
}

test('messages of an unknown type are counted, told of once each, and change nothing', () => {
  const { link, say, heard, told, ends } = oneEnd();
  say('c1 {"type":"sing","song":"la"}');
  say('c2 {"type":"sing"}');
  say('c3 {"type":"cancelled","requestId":"r","attempt":1,"mood":"a field of a newer version"}');
  say('c4 {"type":"dance"}');
  assert.deepEqual([heard, told, link.unknownMessages, ends], [['cancelled'], ['sing', 'dance'], 3, []]);
});

test('of a connection on which a frame is missing nothing more is taken, of either lane', () => {
  const { say, heard, ends } = oneEnd();
  const stopped = '{"type":"cancelled","requestId":"r","attempt":1}';
  const output = '{"type":"output","requestId":"r","attempt":2,"events":[]}';
  say(`c1 ${stopped}`);
  say(`c3 ${stopped}`);
  say(`d1 ${output}`);
  assert.deepEqual(heard, ['cancelled'], 'output is not heard before what is missing: its accept may be');
  assert.deepEqual(ends, ['frame c3 came after c1', 'frame c3 came after c1'], 'closed, and told once');
});

test('what is long is confirmed with the next thing said: whoever sent it need not keep it until it is time to', () => {
  const { link, say, sent } = oneEnd();
  say(`d1 ${JSON.stringify({ type: 'output', requestId: 'r', attempt: 1, events: [] })}`);
  link.send({ type: 'goaway', message: 'short' });
  assert.deepEqual(sent, ['c1 {"type":"goaway","message":"short"}']);
  say(`c1 ${JSON.stringify({ type: 'sing', song: 'la'.repeat(10_000) })}`);
  link.send({ type: 'goaway', message: 'long' });
  assert.deepEqual(sent.slice(1), ['c2 {"type":"goaway","message":"long"}', 'a 1 1']);
});

test('a hello that arrives once more changes nothing; any other frame without a number ends the connection', () => {
  const { say, heard, ends } = oneEnd();
  say('{"type":"hello","protocol":[1,4]}');
  say('c1 {"type":"cancelled","requestId":"r","attempt":1}');
  assert.deepEqual([heard, ends], [['cancelled'], []]);
  say('{"type":"welcome"}');
  assert.deepEqual(ends, ['a frame without a number']);
});

test('32 MB that wait behind a slow line do not travel once nobody wants them, and are not kept', () => {
  const body = 32 * 1024 * 1024;
  const { frameBytes, windowBytes } = { frameBytes: 64 * 1024, windowBytes: 1024 * 1024 };
  let sentBytes = 0;
  let hearer: PipeHearer | undefined;
  const frames: string[] = [];
  const slow: Pipe = {
    bufferedBytes: 0,
    send(head, payload) {
      sentBytes += payload.length;
      frames.push(`${head}${typeof payload === 'string' ? payload : new TextDecoder().decode(payload)}`);
    },
    close() {},
    hear(next) {
      hearer = next;
    },
  };
  const link = new SessionLink<AgentMessage, GatewayMessage>({
    read: readAgentMessage,
    outgoing: new OutgoingLanes({ frameBytes, windowBytes, heldBytes: 4 * body }),
    incoming: new IncomingLanes(40_000),
    after: () => () => {},
    ...{ onMessage() {}, onDetached() {}, onEnded: (why) => assert.fail(why) },
  });
  link.hearsOfGivenUp = true;
  link.attach(slow, { c: 0, d: 0 });
  link.sendText('d', [new Uint8Array(body).fill(120)], 'begun');
  link.sendText('d', [new Uint8Array(body).fill(120)], 'waits');
  link.sendText('d', ['{"type":"offer"}'], 'wanted');
  assert.ok(link.heldBytes > 2 * body);
  for (const key of ['waits', 'begun']) link.withdraw(key);
  assert.ok(link.heldBytes <= windowBytes + frameBytes, `${link.heldBytes} bytes are kept`);
  const other = new IncomingLanes(2 * body);
  const texts: string[] = [];
  for (let frame = frames.shift(); frame !== undefined; frame = frames.shift()) {
    const arrival = other.receive(frame);
    if (arrival.kind === 'message') texts.push(arrival.text);
    hearer?.onFrame(other.confirmation() ?? '');
  }
  assert.deepEqual(texts, ['{"type":"offer"}']);
  assert.equal(link.heldBytes, 0);
  assert.ok(sentBytes <= windowBytes + frameBytes, `${sentBytes} bytes were sent`);
});
