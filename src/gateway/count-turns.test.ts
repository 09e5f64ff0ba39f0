/** Whose turn it is to have tokens counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../contract/limits.ts';
import { CountTurns } from './count-turns.ts';

/** Counts that end when they are told to. */
function counts() {
  const turns = new CountTurns();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const count = (keyId: string): Promise<void> =>
    turns.inTurn(keyId, () => {
      begun.push(keyId);
      return new Promise((resolve) => ends.push(resolve));
    });
  return { turns, begun, ends, count };
}

test('one key has so many in hand, another one waits for none of them', async () => {
  const { begun, ends, count } = counts();
  const all = Array.from({ length: limits.countsPerKey + 2 }, () => count('b'));
  assert.equal(begun.length, limits.countsPerKey);
  all.push(count('a'));
  assert.equal(begun.at(-1), 'a');
  ends[0]?.();
  await all[0];
  await new Promise(setImmediate);
  assert.equal(begun.length, limits.countsPerKey + 2, 'the next of its key has its turn');
  while (ends.length < all.length) {
    for (const end of ends) end();
    await new Promise(setImmediate);
  }
  for (const end of ends) end();
  await Promise.all(all);
});

test('a key that has too many waiting is told so, and one that failed holds up nobody', async () => {
  const { turns, ends, count } = counts();
  await assert.rejects(
    turns.inTurn('a', () => Promise.reject(new Error('the machine is gone'))),
    /gone/,
  );
  const all = Array.from({ length: limits.countsPerKey + limits.countsWaitingPerKey }, () => count('a'));
  await assert.rejects(count('a'), /more token counts to make than machines get done \(8 at once\)/);
  while (ends.length < all.length) {
    for (const end of ends) end();
    await new Promise(setImmediate);
  }
  for (const end of ends) end();
  await Promise.all(all);
});
