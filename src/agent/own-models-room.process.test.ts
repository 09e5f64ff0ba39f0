/** What goes for what, and when, with scripted engines in processes of their own; minutes pass by a clock of the test's. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ScriptedConfig, ScriptedLog } from '../../test/support/scripted/config.ts';
import { roomForOne, start } from './fixtures/own-models.ts';

/** Two of three files fit, with one slot of 4,096 tokens each. */
const roomForTwo = { memoryBytes: 3_000_000, slots: 1, contextWindow: 4_096 };

function clock(): { nowMs(): number; pass(ms: number): void } {
  let now = 1_000_000;
  return {
    nowMs: () => now,
    pass(ms) {
      now += ms;
    },
  };
}

test('for a third model that goes which is used less, and what is used more stays', async (context) => {
  const { nowMs, pass } = clock();
  const names = ['one', 'two', 'three'];
  const { models, when, describe } = start(context, names, { ...roomForTwo, nowMs, areNamed: false });
  await when('three-f16', 'available');
  for (const id of ['one-f16', 'two-f16']) {
    assert.deepEqual(models.load(id), { ok: true });
    await when(id, 'ready');
  }
  for (let asked = 0; asked < 5; asked += 1) models.find('one-f16');
  models.find('two-f16');
  pass(31_000);
  assert.deepEqual(models.load('three-f16'), { ok: true });
  await when('three-f16', 'ready');
  assert.equal(describe('one-f16')?.status, 'ready');
  assert.equal(describe('two-f16')?.status, 'available');
  assert.equal(models.unavailableBecause('two-f16'), 'It was unloaded to make room for three-f16.');
});

test('what is busy is not unloaded: it takes nothing new, and goes once it is idle', async (context) => {
  const { nowMs, pass } = clock();
  const { models, busy, when, describe } = start(context, ['one', 'two'], {
    ...{ memoryBytes: roomForOne, slots: 1, nowMs, areNamed: false, preload: ['one-f16'] },
  });
  await when('one-f16', 'ready');
  await when('two-f16', 'available');
  const one = models.find('one-f16');
  assert.ok(one);
  busy.set(one, 1);
  pass(31_000);
  const answer = models.load('two-f16');
  assert.ok(answer?.ok === false);
  assert.match(answer.message, /one-f16 is finishing what was begun/);
  assert.equal(answer.retryAfterMs, 1_000);
  assert.ok(models.givesWay('one-f16'));
  assert.equal(describe('one-f16')?.givesWay, true);
  assert.equal(models.find('one-f16'), one, 'it is still at work');
  busy.clear();
  assert.deepEqual(models.load('two-f16'), { ok: true });
  await when('two-f16', 'ready');
  assert.equal(describe('one-f16')?.status, 'available');
});

test('what was unloaded for another does not take its room back while its engine still ends', async (context) => {
  const { nowMs, pass } = clock();
  const { models, when, describe, directory } = start(context, ['one', 'two'], {
    ...{ memoryBytes: roomForOne, slots: 1, nowMs, areNamed: false, preload: ['one-f16'] },
    engine: (there) => ({ stayFile: join(there, 'stay') }),
  });
  await when('one-f16', 'ready');
  await when('two-f16', 'available');
  pass(31_000);
  writeFileSync(join(directory, 'stay'), '');
  assert.deepEqual(models.load('two-f16'), { ok: true });
  await when('one-f16', 'available');
  const answer = models.load('one-f16');
  assert.ok(answer?.ok === false);
  assert.match(answer.message, /^There is no room for it yet: another model is being loaded\./);
  assert.equal(answer.retryAfterMs, 2_000);
  assert.equal(describe('one-f16')?.room, 'taken');
  rmSync(join(directory, 'stay'));
  await when('two-f16', 'ready');
  assert.equal(describe('one-f16')?.status, 'available');
});

test('two models that are asked for in turns where one fits are switched no more than their stay allows', async (context) => {
  const { nowMs, pass } = clock();
  const { models, when } = start(context, ['one', 'two'], {
    memoryBytes: roomForOne,
    slots: 1,
    nowMs,
    areNamed: false,
  });
  await when('one-f16', 'available');
  await when('two-f16', 'available');
  const [seconds, stayS] = [200, 30];
  let loads = 0;
  for (let second = 0; second < seconds; second += 1) {
    const id = second % 2 === 0 ? 'one-f16' : 'two-f16';
    const wasReady = models.find(id) !== undefined;
    const answer = models.load(id);
    if (answer?.ok === true && !wasReady) {
      await when(id, 'ready');
      loads += 1;
    }
    pass(1_000);
  }
  const most = Math.ceil(seconds / stayS);
  assert.ok(loads <= most && loads >= most - 2, `${loads} loads in ${seconds} s, at most ${most}`);
});

test('a model that nobody asked for gives its memory back after --unload-after, a kept one does not', async (context) => {
  const { nowMs, pass } = clock();
  const { models, when, describe } = start(context, ['one', 'two'], { nowMs, lookMs: 10, unloadAfterMs: 60_000 });
  await when('one-f16', 'ready');
  await when('two-f16', 'ready');
  models.keep('two-f16', true);
  pass(50_000);
  models.find('one-f16');
  pass(50_000);
  assert.equal(describe('one-f16')?.status, 'ready', 'it was asked for meanwhile');
  pass(11_000);
  await when('one-f16', 'available');
  assert.equal(models.unavailableBecause('one-f16'), 'It was unloaded to give its memory back: nobody asked for it.');
  assert.equal(describe('two-f16')?.status, 'ready');
});

/** Loads that fail before one succeeds, and the options of each. */
function failing(count: number, kind: 'memory' | 'exit') {
  return (directory: string): ScriptedConfig => ({
    failingLoads: { count, kind, countFile: join(directory, 'loads') },
    logFile: join(directory, 'engine.log'),
  });
}

function loadsIn(directory: string) {
  const lines = readFileSync(join(directory, 'engine.log'), 'utf8').trim().split('\n');
  const said = lines.map((line) => JSON.parse(line) as ScriptedLog);
  return said.filter((line) => line.event === 'loading');
}

test('a load that fits and fails is tried again in a new process, then with a smaller cache, fewer slots', async (context) => {
  const { when, directory } = start(context, ['one'], { memoryBytes: 40_000_000, engine: failing(3, 'memory') });
  await when('one-f16', 'ready');
  const [first, again, smaller, fewer, ...rest] = loadsIn(directory);
  assert.ok(first && again && smaller && fewer);
  assert.deepEqual(rest, []);
  assert.equal(new Set([first, again, smaller, fewer].map(({ pid }) => pid)).size, 4, 'each in a process of its own');
  assert.deepEqual(again.options, first.options);
  assert.deepEqual(smaller.options, { ...first.options, kvType: 'q8_0' });
  assert.ok(first.options.slots > 1, 'there are slots to be had less of');
  assert.deepEqual(fewer.options, { ...smaller.options, slots: Math.floor(first.options.slots / 2) });
});

test('an engine process that ends while it loads is replaced, and the model is served', async (context) => {
  const { when, directory } = start(context, ['one'], { engine: failing(1, 'exit') });
  await when('one-f16', 'ready');
  const [first, again] = loadsIn(directory);
  assert.ok(first && again && first.pid !== again.pid);
});
