/** Tickets on an engine that never answers: what is sent to the gateway, and when a slot is free. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { RawEngine } from '../contract/engine/raw.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import { generation, shippedModel, shippedTemplate } from '../translate/prompt/fixtures/model.ts';
import { type Log, silentLog } from '../transport/log/log.ts';
import { realTime } from '../transport/time.ts';
import { readyRawModel } from './raw-model.ts';
import { Tickets } from './tickets.ts';

/** Tokenizes until it is aborted, and rejects as the real engine does. */
const stuckEngine: RawEngine = {
  model: { ...shippedModel, window: 4_096, slots: 1, trainedWindow: 4_096, build: 'none', loadMs: 0 },
  closed: new Promise(() => {}),
  tokenize: (_segments, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  generate: () => assert.fail('nothing was tokenized'),
  close: async () => {},
};

function startTickets(log: Log = silentLog) {
  const sent: AgentMessage[] = [];
  const send = (message: AgentMessage): void => void sent.push(message);
  const model = readyRawModel({ engine: stuckEngine, template: shippedTemplate, sampling: {} });
  const tickets = new Tickets({
    models: {
      find: () => model,
      count: () => undefined,
      givesWay: () => false,
      forgiveCrash: () => {},
      unavailableBecause: () => 'It can.',
    },
    log,
    draining: () => false,
    pressedBecause: () => null,
  });
  return {
    tickets,
    sent,
    offer: (requestId: string, attempt: number) =>
      tickets.offer({ type: 'offer', requestId, attempt, offerMs: 5_000, scope: 'key', request: generation() }, send),
    cancel: (requestId: string, attempt: number) => tickets.cancel(requestId, attempt, send),
  };
}

test('a ticket cancelled while its prompt is counted says `cancelled`, and nothing is wrong', async () => {
  const errors: string[] = [];
  const { tickets, sent, offer, cancel } = startTickets({
    ...silentLog,
    error: (message) => void errors.push(message),
  });
  offer('req_1', 1);
  cancel('req_1', 1);
  await tickets.whenIdle();
  assert.deepEqual(sent, [{ type: 'cancelled', requestId: 'req_1', attempt: 1 }]);
  assert.deepEqual(errors, []);
});

test('a repeated offer is left unanswered, another request is told that the slot is taken', () => {
  const { tickets, sent, offer } = startTickets();
  offer('req_1', 1);
  offer('req_1', 1);
  assert.deepEqual(sent, []);
  offer('req_2', 1);
  assert.deepEqual(sent, [
    { type: 'decline', requestId: 'req_2', attempt: 1, reason: { code: 'busy', busySlots: 1, slots: 1 } },
  ]);
  tickets.cancelAll();
});

test('a later attempt cancels the earlier one, and finds the slot free once that has stopped', async () => {
  const { tickets, sent, offer } = startTickets();
  offer('req_1', 1);
  offer('req_1', 2);
  await tickets.whenIdle();
  assert.deepEqual(
    sent.map((message) => [message.type, 'attempt' in message && message.attempt]),
    [
      ['decline', 2],
      ['cancelled', 1],
    ],
  );
  offer('req_1', 3);
  await turnOfTheLoop();
  assert.equal(tickets.running, 1);
  tickets.cancelAll();
});

test('an offer whose cancel has overtaken it is not begun, the next attempt is', async () => {
  const { tickets, sent, offer, cancel } = startTickets();
  cancel('req_1', 1);
  assert.deepEqual(sent.splice(0), [{ type: 'cancelled', requestId: 'req_1', attempt: 1 }]);
  offer('req_1', 1);
  assert.deepEqual([tickets.running, sent], [0, []]);
  offer('req_1', 2);
  assert.equal(tickets.running, 1);
  cancel('req_1', 2);
  await tickets.whenIdle();
  assert.deepEqual(sent, [{ type: 'cancelled', requestId: 'req_1', attempt: 2 }]);
});

/** A machine that reads 1,000 tokens in 1 s and writes 100 in 2 s; `at` is told where it is, and may let time pass. */
async function paceAfter(
  at: (point: 'offered' | 'reading' | 'writing', tickets: Tickets, pass: (ms: number) => void) => void,
) {
  let nowMs = 0;
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const engine: RawEngine = {
    ...stuckEngine,
    tokenize: async () => new Uint32Array(1_000),
    async *generate() {
      pass(500);
      at('reading', tickets, pass);
      pass(500);
      yield { type: 'start', promptTokens: 1_000, cachedTokens: 0 };
      pass(1_000);
      at('writing', tickets, pass);
      pass(1_000);
      yield { type: 'piece', text: 'x', tokens: new Array<number>(100).fill(1) };
      yield { type: 'end', reason: 'max-tokens', outputTokens: 100 };
    },
  };
  const model = readyRawModel({ engine, template: shippedTemplate, sampling: {} });
  const tickets = new Tickets({
    models: {
      find: () => model,
      count: () => undefined,
      givesWay: () => false,
      forgiveCrash: () => {},
      unavailableBecause: () => 'It can.',
    },
    log: silentLog,
    draining: () => false,
    pressedBecause: () => null,
    assumedPace: () => ({ readPerS: 500, writePerS: 20 }),
    time: { ...realTime, nowMs: () => nowMs },
  });
  at('offered', tickets, pass);
  const request = generation();
  const offer = { type: 'offer', requestId: 'req_1', attempt: 1, offerMs: 5_000, scope: 'key', request } as const;
  tickets.offer(offer, () => {});
  await tickets.whenIdle();
  const pace = tickets.paceOf(request.model);
  assert.ok(pace);
  return { readPerS: Math.round(pace.readPerS), writePerS: Math.round(pace.writePerS), confidence: pace.confidence };
}

test('what a ticket tells of the speed of the machine is learned', async () => {
  assert.deepEqual(await paceAfter(() => {}), { readPerS: 917, writePerS: 47, confidence: 0.5 });
});

const unlearned = { readPerS: 500, writePerS: 20, confidence: 0 };

test('nothing is learned of a ticket that was held up while its prompt was read', async () => {
  const pace = await paceAfter((point, tickets, pass) => {
    if (point !== 'reading') return;
    tickets.pause();
    pass(20_000);
    tickets.goOn();
  });
  assert.deepEqual(pace, unlearned);
});

test('nothing is learned of a ticket that was offered during a standstill', async () => {
  const pace = await paceAfter((point, tickets, pass) => {
    if (point === 'offered') tickets.pause();
    if (point !== 'reading') return;
    pass(20_000);
    tickets.goOn();
  });
  assert.deepEqual(pace, unlearned);
});

test('of a ticket that was held up while it wrote, only how fast its prompt was read is learned', async () => {
  const pace = await paceAfter((point, tickets, pass) => {
    if (point !== 'writing') return;
    tickets.pause();
    pass(20_000);
    tickets.goOn();
  });
  // It has faded a little in the meantime.
  assert.deepEqual(pace, { readPerS: 915, writePerS: 20, confidence: 0.49 });
});
