/** Which session goes on over a new connection, and when one is given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, readGatewayMessage } from '../contract/link/messages.ts';
import { AgentSession } from './agent-session.ts';
import { IncomingLanes, OutgoingLanes } from './lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { redialDelayMs } from './redial.ts';
import { SessionLink } from './session-link.ts';
import { watchForSleep } from './sleep-watch.ts';

/** Timers that fire when the test lets time pass. */
function createTime() {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(delayMs: number, run: () => void) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    /** Nothing that is due meanwhile is done before the end of it. */
    stall(forMs: number) {
      nowMs += forMs;
      for (const timer of timers) timer.atMs = Math.max(timer.atMs, nowMs);
    },
    pass(forMs: number) {
      const untilMs = nowMs + forMs;
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        nowMs = due.atMs;
        due.run();
      }
      nowMs = untilMs;
    },
  };
}

/** A connection whose other end is the test. */
function createPipe() {
  const sent: string[] = [];
  let hearer: PipeHearer | undefined;
  const pipe: Pipe = {
    bufferedBytes: 0,
    send: (head, payload) =>
      sent.push(head + (typeof payload === 'string' ? payload : new TextDecoder().decode(payload))),
    close: (reason) => hearer?.onClosed(reason),
    hear(next) {
      hearer = next;
    },
  };
  return { pipe, sent, hear: (frame: string) => hearer?.onFrame(frame) };
}

function createAgent() {
  const time = createTime();
  const heard: string[] = [];
  const session = new AgentSession({
    after: time.after,
    nowMs: time.nowMs,
    random: () => 0.5,
    newLink: (handlers, frameBytes) =>
      new SessionLink<GatewayMessage, AgentMessage>({
        ...handlers,
        read: readGatewayMessage,
        outgoing: new OutgoingLanes({ frameBytes, windowBytes: 10_000, heldBytes: 100_000 }),
        incoming: new IncomingLanes(100_000),
        after: time.after,
      }),
    onReportDue(isNew, newPaceMs) {
      heard.push(isNew ? 'all to be told' : 'report due');
      const pace = newPaceMs === undefined ? {} : { heartbeatMs: newPaceMs };
      if (!isNew) session.send({ type: 'report', models: [], draining: false, ...pace });
    },
    onKeepsNone: () => heard.push('nothing is kept'),
    onMessage: (message, send) => {
      heard.push(message.type);
      if (message.type === 'cancel')
        send({ type: 'cancelled', requestId: message.requestId, attempt: message.attempt });
    },
    onAway: (why) => heard.push(`away: ${why}`),
    onSilent: (why) => heard.push(`silent: ${why}`),
    onPause: () => heard.push('pause'),
    onGoOn: () => heard.push('go on'),
    onOver: () => heard.push('over'),
  });
  return { time, session, heard };
}

const welcome = (sessionId: string, resumed?: { c: number; d: number }) => ({
  type: 'welcome' as const,
  protocol: 1,
  gatewayId: 'gw',
  epoch: 1,
  sessionId,
  heartbeatMs: 5_000,
  maxMessageBytes: 1_024,
  maxFrameBytes: 1_024,
  keeps: true,
  gateways: [{ gatewayId: 'gw', urls: ['https://den:8787'] }],
  ...(resumed === undefined ? {} : { resumed }),
});
const cancel = '{"type":"cancel","requestId":"r1","attempt":1,"reason":"client-left"}';

test('a session that is welcomed back goes on: what was not received is sent again', () => {
  const { session, heard } = createAgent();
  const first = createPipe();
  assert.equal(session.welcomed(first.pipe, welcome('s1')), 'begun');
  first.hear(`c1 ${cancel}`);
  assert.deepEqual(first.sent, ['c1 {"type":"cancelled","requestId":"r1","attempt":1}']);
  first.pipe.close('cut');
  assert.deepEqual(session.resume, { sessionId: 's1', received: { c: 1, d: 0 } });

  const second = createPipe();
  assert.equal(session.welcomed(second.pipe, welcome('s1', { c: 0, d: 0 })), 'goes on');
  assert.equal(second.sent[0], 'c1 {"type":"cancelled","requestId":"r1","attempt":1}');
  assert.deepEqual(heard, ['all to be told', 'cancel', 'away: cut', 'report due']);
});

test('a gateway that tells neither frames nor gateways is one of an older version', () => {
  const { type, protocol, gatewayId, epoch, sessionId, heartbeatMs, maxMessageBytes } = welcome('s1');
  const older = { type, protocol, gatewayId, epoch, sessionId, heartbeatMs, maxMessageBytes };
  assert.equal(readGatewayMessage(JSON.stringify(older)).kind, 'message');
  const { session } = createAgent();
  const { pipe, sent } = createPipe();
  session.welcomed(pipe, older);
  session.send({ type: 'counted', countId: 'x'.repeat(2_000), result: { tokens: 1 } });
  assert.equal(sent.length, 1);
  assert.deepEqual(session.gateways, []);
});

test('for a gateway that does not speak of copies to keep nothing is kept, before it is told anything', () => {
  const { session, heard } = createAgent();
  session.welcomed(createPipe().pipe, welcome('s1'));
  const { keeps: _, ...older } = welcome('s2');
  session.welcomed(createPipe().pipe, older);
  assert.deepEqual(heard, ['all to be told', 'over', 'nothing is kept', 'all to be told']);
});

test('what is sent is cut to the frames the gateway takes', () => {
  const { session } = createAgent();
  const { pipe, sent } = createPipe();
  session.welcomed(pipe, { ...welcome('s1'), maxFrameBytes: 64 });
  session.send({ type: 'counted', countId: 'x'.repeat(100), result: { tokens: 1 } });
  assert.deepEqual(
    sent.map((frame) => /^c\d+\+? /.exec(frame)?.[0]),
    ['c1+ ', 'c2+ ', 'c3 '],
  );
});

test('the gateways of the yard are known when the one that told of them is gone', () => {
  const { session } = createAgent();
  assert.deepEqual(session.gateways, []);
  const { pipe } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  session.end('the gateway was out of reach');
  assert.deepEqual(session.gateways, [{ gatewayId: 'gw', urls: ['https://den:8787'] }]);
});

test('a session without a connection stands still after ten seconds, and is over after thirty', () => {
  const { time, session, heard } = createAgent();
  const { pipe } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  pipe.close('cut');
  time.pass(limits.sessionPauseMs - 1);
  assert.deepEqual(heard.splice(0), ['all to be told', 'away: cut']);
  time.pass(limits.sessionHoldMs - limits.sessionPauseMs);
  assert.notEqual(session.heartbeatMs, undefined);
  time.pass(1);
  assert.equal(session.heartbeatMs, undefined);
  assert.equal(session.resume, undefined);
  assert.deepEqual(heard, ['pause', 'over', 'go on', 'away: the gateway was out of reach']);
});

test('a gateway that confirms nothing is worked for ten seconds more, and the work goes on when it does again', () => {
  const { time, session, heard } = createAgent();
  const { pipe, hear } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  time.pass(5_000);
  hear('a 1 0');
  time.pass(5_000);
  heard.splice(0);
  // The second heartbeat is not confirmed, whatever else arrives; it was said at 10 s.
  time.pass(9_999);
  hear('a 1 0');
  assert.deepEqual(heard.splice(0), ['report due', 'silent: no answer to a heartbeat']);
  time.pass(1);
  assert.deepEqual(heard.splice(0).toSorted(), ['pause', 'report due', 'silent: no answer to a heartbeat']);
  hear('a 2 0');
  assert.deepEqual(heard.splice(0), ['go on']);
  hear('a 4 0');
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['report due']);
});

test('after thirty seconds without a confirmation the session is over, and another connection is dialled', () => {
  const { time, session, heard } = createAgent();
  session.welcomed(createPipe().pipe, welcome('s1'));
  time.pass(5_000 + limits.sessionHoldMs);
  assert.deepEqual(heard.slice(-3), ['over', 'go on', 'away: the gateway was out of reach']);
  assert.equal(session.resume, undefined);
});

test('over plain requests a confirmation may come one heartbeat later', () => {
  const { time, session, heard } = createAgent();
  const { pipe, hear } = createPipe();
  session.welcomed(pipe, welcome('s1'), 2);
  time.pass(10_000);
  hear('a 1 0');
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['all to be told', 'report due', 'report due', 'report due']);
  time.pass(5_000);
  assert.deepEqual(heard, ['pause', 'report due', 'silent: no answer to a heartbeat']);
});

test('a gateway that would go on with a session that was given up meanwhile is told, and dialled again', () => {
  const { time, session, heard } = createAgent();
  const first = createPipe();
  session.welcomed(first.pipe, welcome('s1'));
  first.pipe.close('cut');
  time.pass(limits.sessionHoldMs);
  heard.splice(0);
  const late = createPipe();
  assert.equal(session.welcomed(late.pipe, welcome('s1', { c: 1, d: 0 })), 'too late');
  assert.match(late.sent.join(), /^{"type":"end"/);
  assert.deepEqual([session.resume, heard], [undefined, []]);
});

test('a gateway that knows of no session ends the old one: its work is for nobody', () => {
  const { session, heard } = createAgent();
  const first = createPipe();
  session.welcomed(first.pipe, welcome('s1'));
  first.pipe.close('the gateway was restarted');
  assert.equal(session.welcomed(createPipe().pipe, welcome('s2')), 'begun');
  assert.deepEqual(heard.slice(1), ['away: the gateway was restarted', 'over', 'all to be told']);
  assert.equal(session.resume?.sessionId, 's2');
});

test('a heartbeat that the gateway asks for holds from the next one on, which says so once', () => {
  const { time, session, heard } = createAgent();
  const { pipe, sent, hear } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  hear('c1 {"type":"heartbeat","heartbeatMs":25000}');
  time.pass(5_000);
  const said = () => sent.filter((frame) => frame.includes('"report"')).map((frame) => frame.includes('25000'));
  assert.deepEqual([said(), session.heartbeatMs], [[true], 25_000]);
  hear('a 1 0');
  time.pass(24_999);
  assert.equal(said().length, 1);
  time.pass(1);
  assert.deepEqual(said(), [true, false]);
  assert.deepEqual(heard, ['all to be told', 'report due', 'report due']);
});

test('a machine that was told its moment keeps to it, whatever holds one heartbeat up, and moves it when asked', () => {
  const { time, session } = createAgent();
  const { pipe, sent, hear } = createPipe();
  const beats: number[] = [];
  let said = 0;
  const passTo = (atMs: number): void => {
    while (time.nowMs() < atMs) {
      time.pass(1);
      if (!sent.splice(0).some((frame) => frame.includes('"report"'))) continue;
      beats.push(time.nowMs());
      said += 1;
      hear(`a ${said} 0`);
    }
  };
  session.welcomed(pipe, { ...welcome('s1'), beatInMs: 1_700 });
  passTo(7_000);
  time.stall(9_000);
  passTo(17_500);
  hear('c1 {"type":"heartbeat","heartbeatMs":5000,"shiftMs":-40}');
  hear('c2 {"type":"heartbeat","heartbeatMs":5000,"shiftMs":60000}');
  passTo(27_000);
  assert.deepEqual(beats.splice(0), [1_700, 6_700, 16_001, 16_700, 21_660, 26_660]);
  hear('c3 {"type":"heartbeat","heartbeatMs":25000,"beatInMs":7000}');
  passTo(64_000);
  assert.deepEqual(beats, [31_660, 38_660, 63_660]);
});

test('a gateway that asks for a pause, or for a pace beyond all reason, is not believed', () => {
  const { time, session, heard } = createAgent();
  session.welcomed(createPipe().pipe, { ...welcome('s1'), beatInMs: 3_000_000_000 });
  time.pass(5_000);
  assert.deepEqual(heard, ['all to be told', 'report due'], 'it beats as one that was told no moment');
  session.welcomed(createPipe().pipe, { ...welcome('s2'), heartbeatMs: 2 ** 40, beatInMs: 2 ** 40 });
  assert.equal(session.heartbeatMs, 120_000);
});

test('a heartbeat is due while there is a connection, and only then', () => {
  const { time, session, heard } = createAgent();
  const { pipe, hear } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  time.pass(5_000);
  hear('a 1 0');
  time.pass(5_000);
  assert.deepEqual(heard, ['all to be told', 'report due', 'report due']);
  pipe.close('cut');
  time.pass(9_000);
  assert.deepEqual(heard.slice(3), ['away: cut']);
});

test('a connection on which a heartbeat is not confirmed until the next is to be replaced', () => {
  const { time, session, heard } = createAgent();
  const old = createPipe();
  session.welcomed(old.pipe, welcome('s1'));
  time.pass(5_000);
  assert.deepEqual(heard, ['all to be told', 'report due'], 'the first heartbeat may not be answered yet');
  old.hear('a 1 0');
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['all to be told', 'report due', 'report due']);
  // The gateway speaks, and has not heard of the second: the way there is dead.
  old.hear('a 1 0');
  old.hear(`c1 ${cancel}`);
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['cancel', 'report due', 'silent: no answer to a heartbeat']);
  // The old connection is used until the new one is there.
  old.hear(`c2 ${cancel}`);
  assert.equal(session.welcomed(createPipe().pipe, welcome('s1', { c: 1, d: 0 })), 'goes on');
  assert.deepEqual(heard, ['cancel', 'report due']);
});

test('a heartbeat whose confirmation stands behind a large request is waited for', () => {
  const { time, session, heard } = createAgent();
  const { pipe, hear } = createPipe();
  session.welcomed(pipe, welcome('s1'));
  time.pass(5_000);
  for (let number = 1; number <= 5; number++) hear(`d${number}+ ${'x'.repeat(9_000)}`);
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['all to be told', 'report due', 'report due']);
  time.pass(5_000);
  assert.deepEqual(heard.splice(0), ['report due', 'silent: no answer to a heartbeat']);
});

test('a wall clock that is far ahead of the timers was a sleep; one that lags or is set back was none', () => {
  const time = createTime();
  let wallMs = 0;
  let sleeps = 0;
  const stop = watchForSleep(
    time.after,
    () => wallMs,
    () => {
      sleeps += 1;
    },
  );
  const look = (wallPassedMs: number): number => {
    wallMs += wallPassedMs;
    time.pass(2_000);
    return sleeps;
  };
  assert.equal(look(2_000), 0);
  assert.equal(look(5_000), 0, 'a busy process');
  assert.equal(look(-3_600_000), 0, 'set back');
  assert.equal(look(600_000), 1, 'ten minutes of sleep');
  stop();
  assert.equal(look(600_000), 1, 'nobody watches any more');
});

test('dialling again is soon while a session waits, patient later, and never in step', () => {
  assert.equal(redialDelayMs(0, 5_000, 0), 0);
  assert.equal(redialDelayMs(20, 5_000, 0.999), 999);
  assert.equal(redialDelayMs(20, 25_000, 0.5), 2_500, 'one of ten thousand machines');
  assert.equal(redialDelayMs(20, 100_000, 0.5), 4_000);
  assert.equal(redialDelayMs(1, undefined, 0.5), 500);
  assert.equal(redialDelayMs(20, undefined, 0.5), 4_000);
});
