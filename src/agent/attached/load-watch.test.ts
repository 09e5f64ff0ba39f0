import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadWatch } from './load-watch.ts';

test('the first load of a model at a server is told apart from later ones', () => {
  const watch = new LoadWatch();
  assert.equal(watch.timesOf('a'), null);
  const first = watch.begin('a');
  watch.isLoaded('a');
  first(9_000.4);
  assert.deepEqual(watch.timesOf('a'), { loadTimes: { firstMs: 9_000, next: 'later' }, loadMs: 9_000 });
  watch.begin('a')(2_000);
  watch.begin('a')(2_100);
  assert.deepEqual(watch.timesOf('a'), {
    loadTimes: { firstMs: 9_000, laterMs: 2_100, next: 'later' },
    loadMs: 2_100,
  });
});

test('the load of a model that was seen loaded before is a later one', () => {
  const watch = new LoadWatch();
  watch.isLoaded('a');
  assert.equal(watch.timesOf('a'), null);
  watch.begin('a')(3_000);
  assert.deepEqual(watch.timesOf('a'), { loadTimes: { laterMs: 3_000, next: 'later' }, loadMs: 3_000 });
});
