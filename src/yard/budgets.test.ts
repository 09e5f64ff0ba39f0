import assert from 'node:assert/strict';
import { test } from 'node:test';
import { earn, takeHedge, takeRetry } from './budgets.ts';
import { createYard } from './step.ts';

/** How many are taken in a row until there is none. */
function taken(take: () => boolean): number {
  let count = 0;
  while (take()) count += 1;
  return count;
}

test('second offers: so many at once, and then one for twenty requests', () => {
  const yard = createYard();
  const { hedgesAtOnce } = yard.limits;
  assert.equal(
    taken(() => takeHedge(yard)),
    hedgesAtOnce,
  );
  for (let request = 0; request < 201; request += 1) earn(yard, 'a');
  assert.equal(
    taken(() => takeHedge(yard)),
    10,
    'two hundred and one requests have earned ten',
  );
  for (let request = 0; request < 10; request += 1) earn(yard, 'a');
  assert.equal(takeHedge(yard), false, 'ten have earned half of one');
});

test('tries after faults: so many at once for each key, and then one for ten requests of its own', () => {
  const yard = createYard();
  const { retriesAtOnce } = yard.limits;
  const all = (key: string): number => taken(() => takeRetry(yard, key));
  assert.equal(all('a'), retriesAtOnce);
  for (let request = 0; request < 500; request += 1) earn(yard, 'b');
  assert.equal(all('a'), 0, 'what another key earns is not its own');
  for (let request = 0; request < 51; request += 1) earn(yard, 'a');
  assert.equal(all('a'), 5);
  assert.equal(all('b'), retriesAtOnce, 'nothing is saved up beyond that');
});
