/** Who reads only the end of a long log still learns what failed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortened } from '../../scripts/failed-test.ts';
import { type SuiteResult, summary } from '../../scripts/summary.ts';

const suite = (name: string, failures: SuiteResult['failures']): SuiteResult => ({
  name,
  passed: 3,
  failed: failures.length,
  failures,
  skipped: [],
  seconds: 1,
});
const failure = (name: string, lines: number) => ({
  name,
  place: 'test/x.test.ts:7',
  error: Array.from({ length: lines }, (_, index) => `line ${index + 1}`).join('\n'),
});

test('failed tests stand between the table and the last line, with suite, place and error', () => {
  const text = summary([suite('unit', []), suite('clients', [failure('a > b', 2)])]);
  assert.ok(text.endsWith('✖ clients: a > b (test/x.test.ts:7)\nline 1\nline 2\n6 passed, 1 failed'), text);
});

test('a long error is told by its first lines and where in our files it was thrown', () => {
  const thrown = '    at file:///x/y.test.ts:3:1';
  const { error } = shortened({ ...failure('a', 30), error: `${failure('a', 30).error}\n${thrown}` });
  assert.deepEqual(error.split('\n').slice(14), ['line 15', '... 16 more lines where it failed', thrown]);
});

test('very many failures are named, and counted, within what the end of a log shows', () => {
  const many = Array.from({ length: 200 }, (_, index) =>
    shortened({ ...failure(`test ${index}`, 0), error: `${'x'.repeat(500)}\n`.repeat(100) }),
  );
  const text = summary([suite('unit', many)]);
  assert.ok(text.length < 12_000, `${text.length} characters`);
  assert.match(text, /✖ unit: test 29 \(test\/x.test.ts:7\)\n✖ and 170 more\n3 passed, 200 failed$/);
});
