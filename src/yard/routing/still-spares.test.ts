/** What a crowd is not asked anew, held against what it would choose if it were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecisionStory, offersIn, pace, prefix } from '../fixtures/decision-story.ts';
import { choose } from './choose.ts';

test('who goes on waiting unasked would still wait if it were asked', () => {
  const story = new DecisionStory();
  const agenda = new Map<number, (() => void)[]>();
  const later = (ms: number, happen: () => void): void => {
    const atMs = story.nowMs + ms;
    agenda.set(atMs, [...(agenda.get(atMs) ?? []), happen]);
  };
  const known = new WeakSet<object>();
  let reused = 0;
  /** After each step. */
  const hold = (): void => {
    const { changes, free } = story.yard.fleets.get('tiny')!;
    for (const ticket of story.yard.tickets.values()) {
      const { spares } = ticket;
      if (ticket.state.phase !== 'queued' || spares === null || spares.pass !== changes.passes || free <= 1) continue;
      if (known.has(spares)) reused += 1;
      known.add(spares);
      assert.equal(choose(story.yard, ticket).best, null, `${ticket.requestId} at ${story.nowMs}`);
    }
  };
  const carryOut = (effects: ReturnType<DecisionStory['tell']>): void => {
    hold();
    for (const { machineId, requestId, attempt } of offersIn(effects)) {
      const [conversation = ''] = requestId.split('.');
      const number = Number.parseInt(conversation.slice(1), 10);
      later(5, () => {
        carryOut(story.tell({ type: 'offer-accepted', machineId, requestId, attempt, promptTokens: 20_000 }));
        later(1_000 + ((number * 797) % 3_000), () => {
          story.slot(machineId, number % 2, prefix(conversation));
          carryOut(story.tell({ type: 'ticket-ended', requestId, attempt, error: null }));
          later(500 + ((number * 331) % 4_000), () => ask(conversation));
        });
      });
    }
  };
  let asked = 0;
  const ask = (conversation: string): void => {
    asked += 1;
    const request = { requestId: `${conversation}.${asked}`, keyId: conversation, prefix: prefix(conversation) };
    carryOut(story.tell({ type: 'request-submitted', model: 'tiny', estimatedTokens: 20_000, ...request }));
  };
  for (let machine = 0; machine < 12; machine += 1) story.machine(`m${machine}`, { pace: pace(700 + 50 * machine) });
  for (let number = 0; number < 70; number += 1) later(1 + number * 40, () => ask(`c${number}-`));
  while (story.nowMs < 12_000) {
    story.nowMs += 1;
    for (const happen of agenda.get(story.nowMs) ?? []) happen();
    const { wakeAtMs } = story.yard;
    if (wakeAtMs !== null && wakeAtMs <= story.nowMs) carryOut(story.tell({ type: 'clock-advanced' }));
  }
  assert.ok(reused > 500, `${reused}`);
});
