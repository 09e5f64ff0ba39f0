/** Tickets on an engine that never answers: what is sent to the gateway, and when a slot is free. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { RawEngine } from '../contract/engine/raw.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import { generation, shippedModel, shippedTemplate } from '../translate/prompt/fixtures/model.ts';
import { type Log, silentLog } from '../transport/log/log.ts';
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
