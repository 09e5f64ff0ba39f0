/** Every landmine: its example is found, its counterexample is not, and no facts whatever break it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { known, unknown } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { Finding } from '../contract/machine/finding.ts';
import { allLandmines, landmineOf } from './all.ts';
import { checkAll, findingsOf } from './check-all.ts';
import { effectsOf } from './effects.ts';
import { factsOf } from './examples.ts';
import { arbitraryFacts } from './fixtures/arbitrary-facts.ts';
import { groups } from './landmine.ts';

for (const landmine of allLandmines) {
  const { code, example, counterExample, needs, on } = landmine;

  test(`${code}: its example is a finding that says what was seen, what it means and what to do`, () => {
    const result = landmine.check(factsOf(example));
    assert.equal(result.kind, 'finding', JSON.stringify(result));
    if (result.kind !== 'finding') return;
    const { finding } = result;
    assert.equal(finding.code, code);
    assertReadable(finding);
  });

  test(`${code}: a machine of the same kind without it is fine`, () => {
    assert.deepEqual(landmine.check(factsOf(counterExample)), { kind: 'ok' });
  });

  test(`${code}: without any one of the facts it needs, nothing is claimed`, () => {
    for (const name of needs) {
      const missing = { ...factsOf(example), [name]: unknown('denied', 'this user may not read it') };
      const { kind } = landmine.check(missing);
      // A fact that is not needed on this kind of machine may be unknown.
      assert.ok(kind === 'not-checked' || kind === 'not-applicable', `${name}: ${kind}`);
    }
  });

  if (on !== undefined) {
    test(`${code}: other systems cannot have it`, () => {
      const elsewhere = (['linux', 'windows', 'macos'] as const).find((system) => !on.includes(system));
      assert.ok(elsewhere !== undefined);
      const facts = factsOf({ ...example, 'os.family': elsewhere });
      assert.deepEqual(landmine.check(facts), { kind: 'not-applicable' });
    });
  }
}

test('whatever the facts are, no check throws, and a finding is whole', () => {
  fc.assert(
    fc.property(arbitraryFacts, (facts) => {
      for (const { landmine, result } of checkAll(facts)) {
        assert.notEqual(result.kind, 'crashed', `${landmine.code}: ${JSON.stringify(result)}`);
        if (result.kind === 'finding') assertReadable(result.finding);
        if (result.kind === 'not-checked') assert.ok(result.why.length > 5);
      }
    }),
    { numRuns: 300 },
  );
});

test('facts of another shape, as a newer agent may send, spoil no more than the checks that read them', () => {
  const value = fc.oneof(fc.anything(), fc.string(), fc.array(fc.anything()));
  const names = [...new Set(allLandmines.flatMap(({ needs, reads }) => [...needs, ...reads]))];
  const strange = fc.dictionary(
    fc.constantFrom(...names),
    value.map((each) => known(each, 'a newer agent')),
  );
  fc.assert(
    fc.property(strange, (facts) => {
      const checked = checkAll(facts as Facts); // the point: they are not
      assert.equal(checked.length, allLandmines.length);
      findingsOf(checked);
      effectsOf(checked);
    }),
    { numRuns: 200 },
  );
});

test('every file is in the list, in the folder of its group, under its code', () => {
  // What findings and the governor go by alike.
  const shared = ['memory/pressure.ts', 'memory/reserves.ts'];
  const files = Object.keys(groups).flatMap((group) =>
    readdirSync(new URL(`${group}/`, import.meta.url))
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => `${group}/${file}`)
      .filter((file) => !shared.includes(file)),
  );
  const listed = allLandmines.map(({ group, code }) => `${group}/${code}.ts`);
  assert.deepEqual(files.sort(), listed.sort());
  assert.equal(new Set(allLandmines.map(({ code }) => code)).size, allLandmines.length);
});

test('a command fits a terminal of 80 columns behind its prompt', () => {
  for (const { code, example, check } of allLandmines) {
    const result = check(factsOf(example));
    const remedy = result.kind === 'finding' ? result.finding.remedy : [];
    for (const step of remedy)
      if (typeof step !== 'string') assert.ok(step.text.length <= 80 - 12, `${code}: ${step.text}`);
  }
});

test('an nvidia-smi that prints without an end, or fails for no known reason, is a finding even where nothing else is known', () => {
  const there = factsOf({ 'os.family': 'linux', 'os.wsl': 0, 'nvidia.hardware_present': false });
  const babbling = unknown('failed', 'it printed more than 1048576 bytes', 'nvidia-smi');
  const failing: Facts['nvidia.failure'][] = [
    babbling,
    known('other', 'nvidia-smi'),
    known('library-missing', 'nvidia-smi'),
  ];
  for (const failure of failing)
    assert.deepEqual(
      findingsOf(checkAll({ ...there, 'nvidia.failure': failure! })).map(({ code }) => code),
      ['nvidia-smi-failed'],
    );
  const absent = known('not-installed' as const, 'nvidia-smi');
  assert.deepEqual(findingsOf(checkAll({ ...there, 'nvidia.failure': absent })), []);
});

test('titles fit a line, sources are named and dated', () => {
  for (const { code, title, sources, story } of allLandmines) {
    assert.ok(title.length <= 64, `${code}: ${title.length} characters`);
    assert.ok(sources.length > 0 && story.length > 80, code);
    for (const source of sources) assert.match(source.date, /^20\d\d(-\d\d(-\d\d)?)?$/, code);
  }
});

test('causes exist, and nothing causes itself', () => {
  const causesOf = (code: string, below: readonly string[]): void => {
    assert.ok(!below.includes(code), [...below, code].join(' <- '));
    const landmine = landmineOf(code);
    assert.ok(landmine !== undefined, `there is no landmine ${code}`);
    for (const cause of landmine.dependsOn ?? []) causesOf(cause, [...below, code]);
  };
  for (const { code } of allLandmines) causesOf(code, []);
});

function assertReadable({ seen, means, remedy, title }: Finding): void {
  const steps = remedy.map((step) => (typeof step === 'string' ? step : step.text));
  assert.ok(steps.length > 0, title);
  for (const text of [seen, means, ...steps]) {
    assert.ok(text.trim().length > 3, text);
    assert.doesNotMatch(text, /undefined|NaN|\[object|\s$/);
  }
  assert.match(seen, /\.$/, 'a sentence');
}
