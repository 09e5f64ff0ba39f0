/** Metalyard itself, with the shipped model: every case passes but those below, each with its reason. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allCases } from '../../src/compat/all-cases.ts';
import { caseId } from '../../src/compat/compat-case.ts';
import { runCases } from '../../src/compat/runner.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard();
});
after(() => yard?.stop());

/** Said by name, and listed in docs/compat-results.md. */
const documented: Readonly<Record<string, string>> = {
  'content/image-base64': 'unsupported',
  'content/image-url': 'unsupported',
  'endpoints/batches': 'unsupported',
  'endpoints/files': 'unsupported',
  'limits/compressed-body': 'unsupported',
};

test('all cases pass or are documented', async () => {
  const server = { url: yard.url, key: yard.key, model: yard.model };
  const results = await runCases(allCases, server, { concurrency: 1, caseTimeMs: 60_000 });
  assert.equal(results.length, allCases.length);
  const others = results.filter(({ verdict }) => verdict.status !== 'pass');
  const told = others.map(({ case: compatCase, verdict }) => `${caseId(compatCase)} ${JSON.stringify(verdict)}`);
  assert.deepEqual(
    Object.fromEntries(others.map(({ case: compatCase, verdict }) => [caseId(compatCase), verdict.status])),
    documented,
    told.join('\n'),
  );
});
