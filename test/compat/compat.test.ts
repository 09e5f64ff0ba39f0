/**
 * The examiner examined: a correct server passes every case, and for every case there is a server
 * that is wrong in one way which this case must notice.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allCases } from '../../src/compat/all-cases.ts';
import { groups } from '../../src/compat/compat-case.ts';
import { runCases } from '../../src/compat/runner.ts';
import { defects } from './defects/all-defects.ts';
import { theKey, theModel } from './server/about.ts';
import { startScriptedServer } from './server/scripted-server.ts';

/** Loopback answers in a few ms; a case that waits for what never comes costs this. */
const limits = { concurrency: 8, caseTimeMs: 2_000 };
const server = (url: string) => ({ url, key: theKey, model: theModel });

test('a correct server passes every case', async () => {
  await using correct = await startScriptedServer();
  const results = await runCases(allCases, server(correct.url), limits);
  assert.equal(results.length, allCases.length);
  const others = results
    .filter(({ verdict }) => verdict.status !== 'pass')
    .map(({ case: { name }, verdict }) => ({ name, ...verdict }));
  assert.deepEqual(others, expectedOfCorrect);
});

/** What the scripted server lacks and says so. */
const expectedOfCorrect: readonly unknown[] = [];

for (const compatCase of allCases) {
  test(`${compatCase.name} notices ${defects[compatCase.name]?.what ?? 'nothing'}`, async () => {
    const defect = defects[compatCase.name];
    assert.ok(defect, 'no defect in test/compat/defects makes this case fail');
    await using wrong = await startScriptedServer(defect);
    const [result] = await runCases([compatCase], server(wrong.url), limits);
    assert.equal(result?.verdict.status, 'fail', JSON.stringify(result?.verdict));
  });
}

test('every defect is for a case', () => {
  const names = allCases.map(({ name }) => name);
  assert.deepEqual(
    Object.keys(defects).filter((name) => !names.includes(name)),
    [],
  );
});

test('the folders of cases/ and the list of all cases are the same', () => {
  const folder = join(import.meta.dirname, '../../src/compat/cases');
  const files = globSync('*/*.ts', { cwd: folder }).map((file) => file.replaceAll('\\', '/'));
  assert.deepEqual(files.sort(), allCases.map(({ group, name }) => `${group}/${name}.ts`).sort());
  const order = allCases.map(({ group }) => groups.indexOf(group));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    'all-cases.ts is in the order of the groups',
  );
});
