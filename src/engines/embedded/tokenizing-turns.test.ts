import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Tokenizing, TokenizingTurns } from './tokenizing-turns.ts';

/** Turns on a clock of their own, on which each step takes 1 ms; what was done when is told. */
function newTurns(isGenerating: boolean) {
  const seen: string[] = [];
  let nowMs = 0;
  const turns = new TokenizingTurns({
    isGenerating: () => isGenerating,
    nowMs: () => nowMs,
    async rest(ms) {
      seen.push(`rest ${ms}`);
      nowMs += ms;
    },
  });
  function* text(name: string, steps: number): Tokenizing {
    for (let step = 1; step <= steps; step += 1) {
      seen.push(`${name}${step}`);
      nowMs += 1;
      yield;
    }
    return Uint32Array.of(steps);
  }
  return { turns, seen, text };
}

describe('texts that are cut into tokens', () => {
  test('take turns, and counts leave half of the time to an answer that is being generated', async () => {
    const { turns, seen, text } = newTurns(true);
    const [one, other] = await Promise.all([
      turns.tokens(1, text('a', 5), 'count'),
      turns.tokens(2, text('b', 1), 'count'),
    ]);
    assert.deepEqual([one[0], other[0]], [5, 1]);
    assert.deepEqual(seen, ['a1', 'a2', 'rest 2', 'a3', 'a4', 'rest 2', 'b1', 'rest 1', 'a5', 'rest 1']);
  });

  test('that an answer waits for go before those that are counted', async () => {
    const { turns, seen, text } = newTurns(true);
    const count = turns.tokens(1, text('count', 4), 'count');
    const prompt = turns.tokens(2, text('prompt', 3), 'generate');
    await Promise.all([count, prompt]);
    assert.deepEqual(
      seen.filter((what) => !what.startsWith('rest')),
      ['count1', 'count2', 'prompt1', 'prompt2', 'prompt3', 'count3', 'count4'],
    );
  });

  test('have longer turns and no rest while nobody is answered', async () => {
    const { turns, seen, text } = newTurns(false);
    await turns.tokens(1, text('a', 12), 'count');
    assert.deepEqual(seen.slice(9, 12), ['a10', 'rest 0', 'a11']);
  });

  test('are left where nobody waits for them, and a broken one harms no other', async () => {
    const { turns, seen, text } = newTurns(false);
    function* broken(): Tokenizing {
      yield;
      throw new Error('no such token');
    }
    const first = turns.tokens(1, text('a', 20), 'count');
    void turns.tokens(2, text('b', 20), 'count');
    const failing = turns.tokens(3, broken(), 'count');
    turns.drop(2);
    await assert.rejects(failing, /no such token/);
    assert.equal((await first)[0], 20);
    assert.ok(!seen.includes('b1'));
  });
});
