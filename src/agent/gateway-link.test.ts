/** When a machine dials again, and what it holds against the network, with a gateway that the test speaks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, readGatewayMessage } from '../contract/link/messages.ts';
import { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { Pipe, PipeHearer } from '../session/pipe.ts';
import { SessionLink } from '../session/session-link.ts';
import type { DiallerOptions } from '../transport/link/dial.ts';
import { silentLog } from '../transport/log/log.ts';
import { type Time, turnEnds } from '../transport/time.ts';
import { linkToGateway } from './gateway-link.ts';
import { Tickets } from './tickets.ts';

/** Nothing comes by itself: neither time nor connections. */
function startLink() {
  const time: Time = { nowMs: () => 0, wallMs: () => 0, after: () => () => {}, soon: () => () => {} };
  const hearers: PipeHearer[] = [];
  const failures: string[] = [];
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  let dialler: DiallerOptions | undefined;
  const models = {
    find: () => undefined,
    count: () => undefined,
    givesWay: () => false,
    unavailableBecause: () => undefined,
    forgiveCrash() {},
  };
  const link = linkToGateway(
    {
      ...{ gatewayUrl: '', trust: {}, name: 'box', version: '0', log: silentLog },
      tickets: new Tickets({ models, log: silentLog, draining: () => false, pressedBecause: () => null }),
      wishes: { load: () => undefined, wish: () => undefined, keep() {}, keepNone() {} },
      identity: {
        ...{ machineId: 'mch_1', publicKey: 'key' },
        signLinkProof: () => 'signed',
        signJoinProof: () => '',
      },
      models: () => [],
      draining: () => false,
      pressedBecause: () => null,
      facts: () => undefined,
      liveFacts: () => ({}),
      way: { linked() {}, failed: (why) => failures.push(why) },
    },
    {
      time,
      random: () => 0.5,
      createDialler(options) {
        dialler = options;
        return (hearer): Pipe => {
          hearers.push(hearer);
          return {
            bufferedBytes: 0,
            send() {},
            close: (why) => hearers.at(-1)?.onClosed(why),
            hear: (next) => void hearers.splice(-1, 1, next),
          };
        };
      },
      newLink: (options) =>
        new SessionLink<GatewayMessage, AgentMessage>({
          ...options,
          read: readGatewayMessage,
          outgoing: new OutgoingLanes({ frameBytes: 10_000, windowBytes: 10_000, heldBytes: 10_000 }),
          incoming: new IncomingLanes(10_000),
          after: time.after,
        }),
      onWake: () => () => {},
      pause: (ms, signal) =>
        new Promise((resolve) => {
          pauses.push({ ms, end: resolve });
          signal.addEventListener('abort', () => resolve());
        }),
    },
  );
  const say = (frame: string): void => hearers.at(-1)?.onFrame(frame);
  return {
    ...{ link, failures, pauses, say },
    isLeaving: () => dialler?.isLeaving?.(),
    letIn(sessionId: string): void {
      say('{"type":"challenge","gatewayId":"gw","epoch":1,"nonce":"n"}');
      const told = { protocol: 2, gatewayId: 'gw', epoch: 1, sessionId, heartbeatMs: 5_000, maxMessageBytes: 10_000 };
      say(JSON.stringify({ type: 'welcome', ...told }));
    },
    breaks: (why: string): void => hearers.at(-1)?.onClosed(why),
  };
}

test('a gateway that says that it stops is dialled again within a heartbeat, and the network is not blamed', async () => {
  const { link, failures, pauses, say, letIn, breaks, isLeaving } = startLink();
  letIn('s1');
  say('c1 {"type":"goaway","message":"The gateway is stopping."}');
  assert.equal(isLeaving(), true);
  breaks('closed with code 1006');
  await turnEnds();
  assert.deepEqual(
    pauses.map(({ ms }) => ms),
    [limits.heartbeatMs / 2],
  );
  assert.deepEqual(failures, []);

  // It is not back yet; when it is, what breaks then is the network's doing again.
  pauses.at(-1)?.end();
  await turnEnds();
  breaks('refused');
  await turnEnds();
  assert.deepEqual(failures, ['refused']);
  pauses.at(-1)?.end();
  await turnEnds();
  letIn('s2');
  assert.equal(isLeaving(), false);
  breaks('closed with code 1006');
  await turnEnds();
  assert.deepEqual(failures, ['refused', 'closed with code 1006']);
  assert.ok((pauses.at(-1)?.ms ?? limits.heartbeatMs) <= 1_000);
  await link.close();
});
