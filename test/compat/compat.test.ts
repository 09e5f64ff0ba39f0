/**
 * The examiner examined: a correct server passes every case, and for every case there is a server
 * that is wrong in one way which this case must notice.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { allCases } from '../../src/compat/all-cases.ts';
import { caseId, groups } from '../../src/compat/compat-case.ts';
import { runCases } from '../../src/compat/runner.ts';
import { defects } from './defects/all-defects.ts';
import { theKey, theModel } from './server/about.ts';
import { startScriptedServer } from './server/scripted-server.ts';

const patient = { concurrency: 8, caseTimeMs: 15_000 };
/** For servers that never answer: the case must give up. Loopback answers in a few ms. */
const hasty = { concurrency: 8, caseTimeMs: 1_000 };
const server = (url: string) => ({ url, key: theKey, model: theModel });

test('a correct server passes every case', async () => {
  await using correct = await startScriptedServer();
  const results = await runCases(allCases, server(correct.url), patient);
  assert.equal(results.length, allCases.length);
  const others = results
    .filter(({ verdict }) => verdict.status !== 'pass')
    .map(({ case: compatCase, verdict }) => `${caseId(compatCase)}: ${JSON.stringify(verdict)}`);
  assert.deepEqual(
    others.map((line) => line.replace(/"said":".*/, '')),
    refusedByName.map((id) => `${id}: {"status":"unsupported",`),
  );
});

/** What the scripted server does not do, and says so. */
const refusedByName = ['content/image-base64', 'content/image-url', 'content/pdf', 'limits/compressed-body'];

describe('each case notices its defect', { concurrency: 8 }, () => {
  for (const compatCase of allCases) {
    const defect = defects[caseId(compatCase)];
    test(`${caseId(compatCase)} notices ${defect?.what ?? 'nothing'}`, async () => {
      assert.ok(defect, 'no defect in test/compat/defects makes this case fail');
      await using wrong = await startScriptedServer(defect);
      const [result] = await runCases([compatCase], server(wrong.url), defect.hangs ? hasty : patient);
      const { verdict } = result ?? assert.fail('no result');
      assert.ok(verdict.status === 'fail', JSON.stringify(verdict));
      // A case that only ran out of time, or tripped over the answer, has not understood the defect.
      assert.equal(/^an answer within/.test(verdict.expected), defect.hangs ?? false, JSON.stringify(verdict));
      assert.doesNotMatch(verdict.expected, /usual shape/);
    });
  }
});

test('every defect is for a case', () => {
  const ids = allCases.map(caseId);
  assert.deepEqual(
    Object.keys(defects).filter((id) => !ids.includes(id)),
    [],
  );
});

test('the folders of cases/ and the list of all cases are the same', () => {
  const folder = join(import.meta.dirname, '../../src/compat/cases');
  const files = globSync('*/*.ts', { cwd: folder }).map((file) => file.replaceAll('\\', '/'));
  assert.deepEqual(files.sort(), allCases.map((compatCase) => `${caseId(compatCase)}.ts`).sort());
  const order = allCases.map(({ group }) => groups.indexOf(group));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    'all-cases.ts is in the order of the groups',
  );
});
