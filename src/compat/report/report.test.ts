import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompatCase } from '../compat-case.ts';
import { type Verdict, verdictStatuses } from '../verdict.ts';
import { diff } from './diff.ts';
import { junit } from './junit.ts';
import { parseResultFile, type ResultFile, resultFile } from './result-file.ts';
import { coloured, plain, textTable } from './text-table.ts';

const verdicts: Readonly<Record<string, Verdict>> = {
  good: { status: 'pass' },
  bad: { status: 'fail', expected: 'status 200', seen: `"<&\u001b[2J" ${'word '.repeat(40)}${'x'.repeat(200)}` },
  slow: { status: 'degraded', how: 'one piece' },
  none: { status: 'unsupported', said: 'no images here' },
  other: { status: 'not-applicable', why: 'no key' },
};

function fileOf(chosen: Readonly<Record<string, Verdict>>): ResultFile {
  const results = Object.entries(chosen).map(([name, verdict]) => ({
    case: {
      name,
      group: 'streaming',
      title: `About ${name}`,
      contract: 'messages-api §6',
      evidence: 'recall',
    } as CompatCase,
    verdict,
    durationMs: 1_500,
  }));
  const server = { url: 'http://server', key: 'sk-secret', model: 'm' };
  return resultFile(results, { server, version: '0.0.0', startedAt: '2026-11-22T00:00:00Z' });
}
const file = fileOf(verdicts);

test('the table fits 80 columns, tells every verdict and holds no control characters', () => {
  const text = textTable(file, plain);
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]/);
  assert.match(text, /^ {2}FAIL {9}bad\n {15}About bad \(messages-api §6\)\n {15}expected status 200; seen: /m);
  assert.match(text, /^1 pass, 1 FAIL, 1 degraded, 1 unsupported, 1 n\/a$/m);
});

test('colours are there only when asked for', () => {
  assert.ok(textTable(file, coloured).includes('\u001b['));
  assert.ok(!textTable(file, plain).includes('\u001b['));
});

test('a result survives being written and read, and holds no key', () => {
  const text = JSON.stringify(file);
  assert.deepEqual(parseResultFile(text, 'a.json'), file);
  assert.deepEqual(file.counts, Object.fromEntries(verdictStatuses.map((status) => [status, 1])));
  assert.ok(!text.includes('sk-secret'));
  assert.throws(() => parseResultFile('{}', 'b.json'), /b\.json is no result/);
  assert.throws(() => parseResultFile('{', 'b.json'), /b\.json is no result/);
});

test('JUnit counts failures and skips, and is well-formed', () => {
  const xml = junit(file);
  assert.match(xml, /<testsuite name="streaming" tests="5" failures="1" skipped="2" time="7\.500">/);
  assert.match(xml, /<failure message="About bad \(messages-api §6\): expected status 200; seen: &quot;&lt;&amp; /);
  assert.match(xml, /<skipped message="unsupported: .*no images here"\/>/);
});

test('a diff tells what changed, came and went, and nothing else', () => {
  const { good: _good, ...rest } = verdicts;
  const after = fileOf({ ...rest, slow: { status: 'pass' }, added: { status: 'degraded', how: 'new' } });
  assert.equal(
    diff(file, after),
    'streaming/good: pass -> absent\nstreaming/slow: degraded -> pass\nstreaming/added: absent -> degraded\n    new\n',
  );
  assert.equal(diff(file, file), 'No verdict changed.\n');
});
