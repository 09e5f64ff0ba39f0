/** A few hundred cases of the fuzzer, always the same ones; `npm run fuzz` goes on for as long as it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzEdge } from './fuzz.ts';

test('300 fuzzed requests: every answer is well-formed, none is a 5xx but 529, the gateway goes on', async () => {
  const report = await fuzzEdge({ seed: 20_260_101, cases: 300, ms: 60_000, concurrency: 16 });
  assert.deepEqual(report.failures, []);
  assert.equal(report.cases, 300);
  // The cases are worth something: some are served, some refused by HTTP, some by their content.
  for (const status of ['200', '400', 'none']) assert.ok((report.statuses[status] ?? 0) >= 10, status);
});
