import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LoadedModel } from '../contract/engine/raw.ts';
import type { LoadTimes } from '../contract/link/load-times.ts';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { factsOf, rtx4090 } from '../landmines/examples.ts';
import { checkAll, findingsOf } from '../landmines/index.ts';
import { EngineHistory, type LoadConditions } from './engine-history.ts';
import { ownEngine } from './own-engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-history-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const here = { systemStartMs: 1_000_000, fileModifiedAtMs: 500, driver: undefined };
const load = { model: 'digest', build: 'llama.cpp v0.4.0 (cuda)', loadMs: 9_000, ...here };
const codes = (facts: Facts): string[] => findingsOf(checkAll(facts)).map(({ code }) => code);

test('the first load and the latest after it are kept apart, over restarts', () => {
  const file = join(scratch, 'loads.json');
  new EngineHistory(file).loaded(load);
  const second = new EngineHistory(file);
  assert.deepEqual(second.facts(), {}, 'nothing is loaded yet');
  second.loaded({ ...load, loadMs: 30_000 });
  assert.equal(knownValue(second.facts()['engine.first_load_ms']), 9_000);
  assert.equal(knownValue(second.facts()['engine.later_load_ms']), 30_000);
  assert.deepEqual(codes(second.facts()), ['later-load-slower']);
  second.loaded({ ...load, build: 'llama.cpp v0.4.0 (cpu)', loadMs: 100 });
  assert.equal(second.facts()['engine.later_load_ms'], undefined, 'another device is another first time');
});

test('the next load is a first one again when the machine was started, or file or driver changed', () => {
  const file = join(scratch, 'kinds.json');
  const onGpu = { ...here, driver: '576.02' };
  assert.deepEqual(new EngineHistory(file).loadTimes('digest', onGpu), { next: 'first' });
  new EngineHistory(file).loaded({ ...load, ...onGpu });
  const history = new EngineHistory(file);
  assert.deepEqual(history.loadTimes('digest', onGpu), { firstMs: 9_000, next: 'later' });
  history.loaded({ ...load, ...onGpu, loadMs: 1_200 });
  const both = { firstMs: 9_000, laterMs: 1_200 };
  const next = (change: Partial<LoadConditions>): LoadTimes => history.loadTimes('digest', { ...onGpu, ...change });
  assert.deepEqual(next({}), { ...both, next: 'later' });
  assert.deepEqual(
    next({ systemStartMs: onGpu.systemStartMs + 30_000 }),
    { ...both, next: 'later' },
    'a clock put right',
  );
  assert.deepEqual(next({ driver: undefined }), { ...both, next: 'later' }, 'nobody has looked at the driver yet');
  for (const change of [{ systemStartMs: 9_000_000 }, { fileModifiedAtMs: 501 }, { driver: '591.86' }]) {
    assert.deepEqual(next(change), { ...both, next: 'first' });
  }
  history.loaded({ ...load, ...onGpu, systemStartMs: 9_000_000, loadMs: 7_000 });
  assert.deepEqual(next({ systemStartMs: 9_000_000 }), { firstMs: 7_000, laterMs: 1_200, next: 'later' });
});

test('what is foreseen is the time of its kind, else of the other, else guessed by size', () => {
  let startMs = 0;
  const engine = ownEngine(undefined, () => startMs);
  const model = { digest: 'digest', weightBytes: 5_000_000_000, modifiedAtMs: 1 };
  const loaded = (loadMs: number): void => engine.loaded({ build: 'a', loadMs } as LoadedModel, model, {}); // no more is read
  assert.deepEqual(engine.expectedLoad(model, {}), { times: { next: 'first' }, ms: 10_500, againMs: 10_500 });
  loaded(20_000);
  assert.equal(engine.expectedLoad(model, {}).ms, 20_000);
  loaded(3_000);
  assert.equal(engine.expectedLoad(model, {}).ms, 3_000);
  startMs = 3_600_000;
  const { ms, againMs } = engine.expectedLoad(model, {});
  assert.deepEqual([ms, againMs], [20_000, 3_000], 'the machine was started anew');
});

test('a history of an older agent is read: its next load is a first one', () => {
  const file = join(scratch, 'older.json');
  writeFileSync(file, JSON.stringify({ loads: { 'digest a': { firstMs: 8_000, laterMs: 900, bestPerSecond: 40 } } }));
  const history = new EngineHistory(file);
  assert.deepEqual(history.loadTimes('digest', here), { firstMs: 8_000, laterMs: 900, next: 'first' });
  history.loaded({ ...load, build: 'a', loadMs: 5_000 });
  assert.deepEqual(history.loadTimes('digest', here), { firstMs: 5_000, laterMs: 900, next: 'later' });
  assert.equal(history.bestPerSecond, 40);
});

test('a start is held against the driver of the start before, for as long as it lasts', () => {
  const file = join(scratch, 'driver.json');
  new EngineHistory(file).loaded({ ...load, driver: '576.02' });
  const updated = new EngineHistory(file);
  const now = factsOf({ 'gpu.all': [rtx4090], 'nvidia.driver': '591.86' });
  assert.deepEqual(codes({ ...now, ...updated.facts() }), ['driver-changed']);
  updated.loaded({ ...load, driver: '591.86' });
  assert.deepEqual(codes({ ...now, ...updated.facts() }), ['driver-changed'], 'still worth a word');
  assert.deepEqual(codes({ ...now, ...new EngineHistory(file).facts() }), [], 'and then it is the good one');
});

test('a damaged file is begun anew, one that cannot be written is no failure', () => {
  const damaged = join(scratch, 'damaged.json');
  writeFileSync(damaged, '{"loads": 3');
  new EngineHistory(damaged).loaded({ ...load, driver: '1.2' });
  assert.equal(knownValue(new EngineHistory(damaged).facts()['engine.last_good_driver']), '1.2');
  const nowhere = new EngineHistory(join(scratch, 'no', 'such', 'file.json'));
  nowhere.loaded(load);
  assert.equal(knownValue(nowhere.facts()['engine.first_load_ms']), 9_000);
});
