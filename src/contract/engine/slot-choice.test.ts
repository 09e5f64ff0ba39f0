/** Which slot a prompt takes: the longest start in common, and nobody pushed out who will be back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSlot, type SlotState } from './slot-choice.ts';

const slot = (state: Partial<SlotState>): SlotState => ({
  busy: false,
  scope: 'ours',
  heldTokens: 0,
  commonTokens: 0,
  idleMs: 60_000,
  ...state,
});
const prompt = (tokens: number, lineage?: string) => ({ scope: 'ours', lineage, tokens });

test('the idle slot with the longest start in common wins', () => {
  const slots = [
    slot({ heldTokens: 900, commonTokens: 500 }),
    slot({ heldTokens: 900, commonTokens: 800 }),
    slot({ heldTokens: 900, commonTokens: 900, busy: true }),
    slot({ heldTokens: 950, commonTokens: 950, scope: 'theirs' }),
  ];
  assert.equal(chooseSlot(slots, prompt(1_000)), 1);
});

test('conversations that share only the template do not push each other out', () => {
  const slots = [slot({ heldTokens: 20_000, commonTokens: 5 }), slot({})];
  assert.equal(chooseSlot(slots, prompt(1_000)), 1, 'an empty slot is better');
  assert.equal(chooseSlot(slots, prompt(30)), 1, 'also for a short prompt of which 5 tokens are a lot');
});

test('with nothing in common and none empty, the least recently used goes', () => {
  const slots = [
    slot({ heldTokens: 10, idleMs: 1_000 }),
    slot({ heldTokens: 10, idleMs: 30_000, scope: 'theirs' }),
    slot({ heldTokens: 10, idleMs: 90_000, busy: true }),
  ];
  assert.equal(chooseSlot(slots, prompt(100)), 1);
  assert.equal(chooseSlot([slot({ busy: true })], prompt(100)), null);
});

test('a sub-agent that shares the system prompt leaves its parent in its slot', () => {
  const parent = slot({ lineage: 'parent', heldTokens: 100_000, commonTokens: 20_000, idleMs: 1_000 });
  assert.equal(chooseSlot([parent, slot({})], prompt(21_000, 'child')), 1, 'reading 20,000 tokens costs less');
  const idle = slot({ lineage: 'old', heldTokens: 30_000, commonTokens: 20_000, idleMs: 300_000 });
  assert.equal(chooseSlot([parent, idle], prompt(21_000, 'child')), 1, 'what has been idle longer is given up');
});

test('a conversation goes back to its own slot, even when its end was edited', () => {
  const own = slot({ lineage: 'mine', heldTokens: 50_000, commonTokens: 30_000, idleMs: 60_000 });
  assert.equal(chooseSlot([slot({}), own], prompt(31_000, 'mine')), 1);
});

test('what another scope holds is never of use', () => {
  const theirs = slot({ scope: 'theirs', lineage: 'mine', heldTokens: 5_000, commonTokens: 5_000 });
  assert.equal(chooseSlot([theirs, slot({})], prompt(5_100, 'mine')), 1);
});
