import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LoadedModel } from '../contract/engine/raw.ts';
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { factsOf, rtx4090 } from '../landmines/examples.ts';
import { checkAll, findingsOf } from '../landmines/index.ts';
import { ownEngine } from './own-engine.ts';
import { expectedPerSecond, type SpeedState, speedFacts, withSpeed } from './speed-ratio.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-speed-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const onCuda = { backend: 'cuda', offloadedLayers: 33, totalLayers: 33 } as const;
const machine = factsOf({ 'gpu.all': [{ ...rtx4090, bandwidth_gbps: known(1_008, 'table') }] });
const weightBytes = 14e9;
const ratio = (state: SpeedState): unknown => knownValue(speedFacts(state)['engine.speed_ratio']);
const after5 = (start: SpeedState, perSecond: number): SpeedState =>
  [1, 2, 3, 4, 5].reduce((state) => withSpeed(state, perSecond), start);

test('a GPU of known bandwidth that holds everything lets half of its bound expect', () => {
  assert.equal(expectedPerSecond(onCuda, weightBytes, machine), 36);
});

const untold: readonly (readonly [string, LoadedModel['device'], number, Facts])[] = [
  ['an engine that does not tell its device', undefined, weightBytes, machine],
  ['layers left on the processor', { ...onCuda, offloadedLayers: 20 }, weightBytes, machine],
  ['a model so small that memory is not what bounds it', onCuda, 1e9, machine],
  ['a GPU whose bandwidth is not known', onCuda, weightBytes, factsOf({ 'gpu.all': [rtx4090] })],
  ['two GPUs', onCuda, weightBytes, factsOf({ 'gpu.all': [rtx4090, rtx4090] })],
];
for (const [name, device, bytes, facts] of untold) {
  test(`nothing is expected of ${name}`, () => {
    assert.equal(expectedPerSecond(device, bytes, facts), undefined);
  });
}

test('the first start is held against the bandwidth, later ones also against the best', () => {
  const first = withSpeed({ best: undefined, expected: 36, recent: [] }, 9);
  assert.equal(ratio(first), 0.25);
  assert.equal(knownValue(speedFacts(first)['engine.speed_basis']), 'bandwidth');
  const later = withSpeed({ best: 60, expected: 36, recent: [] }, 30);
  assert.equal(ratio(later), 0.5);
  assert.equal(knownValue(speedFacts(later)['engine.speed_basis']), 'own-best');
});

test('without anything to hold it against there is a speed and no ratio', () => {
  const facts = speedFacts(withSpeed({ best: undefined, expected: undefined, recent: [] }, 30));
  assert.equal(knownValue(facts['engine.tokens_per_s']), 30);
  assert.equal(facts['engine.speed_ratio'], undefined);
});

test('one slow answer is no news, and one fast one no best', () => {
  const steady = after5({ best: undefined, expected: undefined, recent: [] }, 40);
  assert.equal(ratio(withSpeed(steady, 2)), 1);
  assert.equal(withSpeed(steady, 4_000).best, 40);
  assert.equal(ratio(after5(steady, 10)), 0.25, 'it stayed slow');
});

test('the best outlives a restart, and a start far below it is a finding', () => {
  const history = join(scratch, 'speeds.json');
  const file = { digest: 'digest', weightBytes, modifiedAtMs: 0 };
  const model = { build: 'llama.cpp v0.4.0 (cuda)', loadMs: 9_000 } as LoadedModel; // the rest is not looked at
  const load = (): ReturnType<typeof ownEngine> => {
    const engine = ownEngine(history);
    engine.loaded(model, file, machine);
    return engine;
  };
  const before = load();
  for (let answer = 0; answer < 5; answer += 1) before.wrote(50, file);
  const now = load();
  assert.deepEqual(now.liveFacts, {}, 'nothing has been written yet');
  now.wrote(20, file);
  const [finding] = findingsOf(checkAll(now.liveFacts));
  assert.equal(finding?.code, 'slower-than-before');
  assert.match(finding?.seen ?? '', /writes 20 tokens\/s, which is 40 % of the best speed/);
});
