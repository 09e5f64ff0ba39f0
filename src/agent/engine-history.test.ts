import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { factsOf, rtx4090 } from '../landmines/examples.ts';
import { checkAll, findingsOf } from '../landmines/index.ts';
import { EngineHistory } from './engine-history.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-history-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const load = { model: 'digest', build: 'llama.cpp v0.4.0 (cuda)', loadMs: 9_000 };
const codes = (facts: Facts): string[] => findingsOf(checkAll(facts)).map(({ code }) => code);

test('the first load and the latest after it are kept apart, over restarts', () => {
  const file = join(scratch, 'loads.json');
  new EngineHistory(file).loaded(load, undefined);
  const second = new EngineHistory(file);
  assert.deepEqual(second.facts(), {}, 'nothing is loaded yet');
  second.loaded({ ...load, loadMs: 30_000 }, undefined);
  assert.equal(knownValue(second.facts()['engine.first_load_ms']), 9_000);
  assert.equal(knownValue(second.facts()['engine.later_load_ms']), 30_000);
  assert.deepEqual(codes(second.facts()), ['later-load-slower']);
  second.loaded({ ...load, build: 'llama.cpp v0.4.0 (cpu)', loadMs: 100 }, undefined);
  assert.equal(second.facts()['engine.later_load_ms'], undefined, 'another device is another first time');
});

test('a start is held against the driver of the start before, for as long as it lasts', () => {
  const file = join(scratch, 'driver.json');
  new EngineHistory(file).loaded(load, '576.02');
  const updated = new EngineHistory(file);
  const now = factsOf({ 'gpu.all': [rtx4090], 'nvidia.driver': '591.86' });
  assert.deepEqual(codes({ ...now, ...updated.facts() }), ['driver-changed']);
  updated.loaded(load, '591.86');
  assert.deepEqual(codes({ ...now, ...updated.facts() }), ['driver-changed'], 'still worth a word');
  assert.deepEqual(codes({ ...now, ...new EngineHistory(file).facts() }), [], 'and then it is the good one');
});

test('a damaged file is begun anew, one that cannot be written is no failure', () => {
  const damaged = join(scratch, 'damaged.json');
  writeFileSync(damaged, '{"loads": 3');
  new EngineHistory(damaged).loaded(load, '1.2');
  assert.equal(knownValue(new EngineHistory(damaged).facts()['engine.last_good_driver']), '1.2');
  const nowhere = new EngineHistory(join(scratch, 'no', 'such', 'file.json'));
  nowhere.loaded(load, undefined);
  assert.equal(knownValue(nowhere.facts()['engine.first_load_ms']), 9_000);
});
