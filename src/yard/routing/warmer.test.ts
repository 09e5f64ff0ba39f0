/** Who is passed by because others are warm in the slot that is free, and for how long. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DecisionStory, offersIn, pace, prefix } from '../fixtures/decision-story.ts';

const answerMs = 10_000;

/** Keys that are each warm in a slot of their own and always have four requests waiting; a new one asks once, for as much and cold. Until it is served, ms. */
function waitBeside(slots: number): number {
  const story = new DecisionStory();
  story.machine('desk', { slots, window: 200_000, pace: pace(2_000) });
  let asked = 0;
  const ask = (key: number): string => {
    const requestId = `r${asked++}`;
    story.ask(requestId, { keyId: `key${key}`, prefix: prefix(`own${key}`, 21) });
    return requestId;
  };
  const keys = Array.from({ length: slots }, (_, key) => key);
  const work = new Map(keys.map((key) => [ask(key), key]));
  for (const requestId of work.keys()) story.accept('desk', requestId);
  for (const key of keys) for (let more = 0; more < 4; more += 1) ask(key);
  story.ask('late', { keyId: 'other', prefix: prefix('other') });
  while (story.nowMs < 120_000) {
    for (const [requestId, key] of [...work]) {
      story.nowMs += answerMs / slots;
      story.tell({ type: 'machine-heard', machineId: 'desk', sessionId: 'desk' });
      for (const other of work.keys()) {
        story.tell({ type: 'ticket-progressed', requestId: other, attempt: 1, phase: 'streaming' });
      }
      work.delete(requestId);
      story.slot('desk', key, prefix(`own${key}`, 21));
      const usage = { readTokens: 200, outputTokens: 500 };
      for (const offered of offersIn(story.tell({ type: 'ticket-ended', requestId, attempt: 1, error: null, usage }))) {
        if (offered.requestId === 'late') return story.nowMs;
        story.accept('desk', offered.requestId);
        work.set(offered.requestId, key);
        ask(key);
      }
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe('a large prompt that is cold', () => {
  for (const slots of [1, 4, 8]) {
    test(`is passed by warm turns for twelve seconds at most, on ${slots} slots`, () => {
      const waitMs = waitBeside(slots);
      assert.ok(waitMs <= 12_000 + answerMs, `${waitMs} ms`);
    });
  }
});
