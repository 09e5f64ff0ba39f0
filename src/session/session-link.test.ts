/** What one end of a session makes of words it does not know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentMessage, type GatewayMessage, readAgentMessage } from '../contract/link/messages.ts';
import { IncomingLanes, OutgoingLanes } from './lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { SessionLink } from './session-link.ts';

test('messages of an unknown type are counted, told of once each, and change nothing', () => {
  const heard: string[] = [];
  const told: string[] = [];
  const ends: string[] = [];
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = {
    bufferedBytes: 0,
    send() {},
    close: (reason) => ends.push(reason),
    hear(next) {
      hearer = next;
    },
  };
  const link = new SessionLink<AgentMessage, GatewayMessage>({
    read: readAgentMessage,
    outgoing: new OutgoingLanes({ frameBytes: 1_000, windowBytes: 10_000, heldBytes: 100_000 }),
    incoming: new IncomingLanes(10_000),
    after: () => () => {},
    onMessage: ({ type }) => heard.push(type),
    onUnknown: (type) => told.push(type),
    onDetached: (why) => ends.push(why),
    onEnded: (why) => ends.push(why),
  });
  link.attach(pipe, { c: 0, d: 0 });
  const say = (number: number, message: object): void => hearer?.onFrame(`c${number} ${JSON.stringify(message)}`);
  say(1, { type: 'sing', song: 'la' });
  say(2, { type: 'sing' });
  say(3, { type: 'cancelled', requestId: 'r', attempt: 1, mood: 'a field of a newer version' });
  say(4, { type: 'dance' });
  assert.deepEqual([heard, told, link.unknownMessages, ends], [['cancelled'], ['sing', 'dance'], 3, []]);
});
