import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoadWatch, openKeptLoads } from './load-watch.ts';

const started = (): number => 1_000_000;
const newWatch = (): LoadWatch => new LoadWatch(openKeptLoads(undefined), 'http://127.0.0.1:11434', started);

test('the first load of a model at a server is told apart from later ones', () => {
  const watch = newWatch();
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
  const watch = newWatch();
  watch.isLoaded('a');
  assert.equal(watch.timesOf('a'), null);
  watch.begin('a')(3_000);
  assert.deepEqual(watch.timesOf('a'), { loadTimes: { laterMs: 3_000, next: 'later' }, loadMs: 3_000 });
});

test('what was measured is known to the next agent; a first load is one again when the system was started anew', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-loads-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'loads.json');
  const agent = (startMs: number, server = 'http://127.0.0.1:11434') =>
    new LoadWatch(openKeptLoads(file), server, () => startMs);
  const first = agent(1_000_000);
  first.begin('a')(9_000);
  first.begin('a')(2_000);
  const times = { firstMs: 9_000, laterMs: 2_000 };
  assert.deepEqual(agent(1_030_000).timesOf('a'), { loadTimes: { ...times, next: 'later' }, loadMs: 2_000 });
  assert.deepEqual(agent(5_000_000).timesOf('a'), { loadTimes: { ...times, next: 'first' }, loadMs: 9_000 });
  assert.equal(agent(1_000_000, 'http://127.0.0.1:1234').timesOf('a'), null, 'of another server');
  writeFileSync(file, '{"form":1,"findings":{"http://127.0.0.1:11434 a":{"firstMs":-1}}}');
  assert.equal(agent(1_000_000).timesOf('a'), null);
  writeFileSync(file, 'no JSON');
  assert.equal(agent(1_000_000).timesOf('a'), null);
});
