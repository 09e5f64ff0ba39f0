import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAll, findingsOf, findingTrees } from './check-all.ts';
import { effectsOf, effectText } from './effects.ts';
import { factsOf, gpu, rtx4090 } from './examples.ts';
import { landmine } from './landmine.ts';
import { unverified } from './sources.ts';
import { compareVersions, olderThan } from './versions.ts';
import { gib } from './words.ts';

const codes = (facts: Parameters<typeof factsOf>[0]): string[] =>
  findingsOf(checkAll(factsOf(facts))).map(({ code }) => code);

test('a GPU that nouveau holds is one trouble with its consequences beneath it', () => {
  const facts = factsOf({
    'os.family': 'linux',
    'nvidia.hardware_present': true,
    'nvidia.nouveau_bound': true,
    'nvidia.failure': 'not-installed',
    'gpu.all': [rtx4090],
    'engine.backend': 'cpu',
    'engine.speed_ratio': 0.3,
  });
  const [tree, ...others] = findingTrees(checkAll(facts));
  assert.equal(others.length, 0);
  assert.equal(tree?.finding.code, 'nouveau-in-charge');
  assert.deepEqual(
    tree?.consequences.map(({ finding }) => finding.code),
    ['nvidia-driver-missing', 'cpu-fallback'],
  );
  assert.equal(tree?.consequences[1]?.consequences[0]?.finding.code, 'slower-than-before');
});

test('the most harmful comes first, and a small cause of a great harm comes with it', () => {
  assert.deepEqual(
    codes({
      'os.family': 'windows',
      'power.modern_standby': true,
      'security.controlled_folder_access': 'on',
      'disk.data_writable': false,
      'power.source': 'battery',
      'power.saver': true,
    }),
    ['controlled-folder-access', 'data-directory-not-writable', 'on-battery', 'battery-saver', 'modern-standby'],
  );
});

test('a check that throws is a result of its own, and the others are made all the same', () => {
  const faulty = landmine({
    code: 'faulty',
    title: 'A check with a fault',
    group: 'system',
    severity: 'notes',
    needs: [],
    means: '',
    story: '',
    sources: [unverified('made up')],
    example: {},
    counterExample: {},
    judge: () => {
      throw new RangeError('out of range');
    },
  });
  const sound = landmine({ ...faulty, code: 'sound', needs: [], judge: () => 'ok' });
  assert.deepEqual(
    checkAll({}, [faulty, sound]).map(({ result }) => result),
    [{ kind: 'crashed', error: 'out of range' }, { kind: 'ok' }],
  );
});

test('a machine of which nothing is known has no findings and no clean bill either', () => {
  const kinds = new Set(checkAll({}).map(({ result }) => result.kind));
  assert.deepEqual([...kinds], ['not-checked']);
});

test('effects are summed up with the findings behind them', () => {
  const effects = effectsOf(
    checkAll(
      factsOf({
        'os.family': 'linux',
        'os.libc': { kind: 'musl', version: '1.2.5' },
        'nvidia.driver': '515.105.01',
        'libraries.cuda': [],
        'engine.speed_ratio': 0.5,
        'power.source': 'battery',
        'gpu.all': [gpu({ vendor: 'nvidia', name: 'RTX 2080', totalMib: 8192, freeMib: 7000, display: true })],
      }),
    ),
  );
  assert.deepEqual(effects.noEngine, ['musl-libc']);
  assert.deepEqual(effects.barredBackends, { cuda: ['cuda-driver-too-old', 'cuda-libraries-missing'] });
  assert.equal(effects.speedFactor, 0.5);
  assert.deepEqual(effects.dearer, ['battery']);
  assert.deepEqual(effects.reservedMemory, [{ gpu: 0, bytes: 800 * 1024 ** 2, code: 'display-takes-vram' }]);
});

test('a machine without findings has no effects', () => {
  assert.deepEqual(effectsOf(checkAll(factsOf({ 'os.family': 'linux', 'disk.data_writable': true }))), {
    noEngine: [],
    paused: [],
    dearer: [],
    barredBackends: {},
    reservedMemory: [],
    speedFactor: 1,
    slowerBecause: [],
    lastResort: [],
  });
});

test('effects have words', () => {
  assert.equal(effectText(undefined), 'none');
  assert.equal(
    effectText({ kind: 'reserve-memory', bytes: 1.5 * gib, gpu: 1 }),
    '1.5 GiB of GPU 1 are not to be counted on; what is free is measured',
  );
  assert.equal(
    effectText({ kind: 'slower', factor: 0.42 }),
    'runs at 42 % of its usual speed; requests go by the speed that is measured',
  );
});

for (const [left, right, order] of [
  ['595.80', '580.65.06', 1],
  ['525.60.13', '525.60.13', 0],
  ['7.14.0', '7.2', 1],
  ['10.0', '7.14', 1],
  ['3.4.9', '3.4.30', -1],
  ['590', '590.0', 0],
  ['v24.21.0', '22.23', 1],
  ['2.35-0ubuntu3', '2.34', 1],
] as const) {
  test(`${left} against ${right}`, () => {
    assert.equal(Math.sign(compareVersions(left, right) ?? Number.NaN), order);
    assert.equal(Math.sign(compareVersions(right, left) ?? Number.NaN), order === 0 ? 0 : -order);
  });
}

test('what has no number is neither older nor newer', () => {
  assert.equal(olderThan('ERR!', '1'), undefined);
  assert.equal(olderThan('1', ''), undefined);
});
