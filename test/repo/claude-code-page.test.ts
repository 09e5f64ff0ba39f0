/** docs/claude-code.md says what the tests with the real Claude Code show: no line without a test, no test without a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claudeCodeVersion } from '../support/claude-code.ts';
import { files, read } from './repository.ts';

const page = read('docs/claude-code.md');
const told = ['sessions', 'terminal', 'compaction', 'recovery', 'refusals', 'tools'].map(
  (subject) => `test/clients/claude-code-${subject}.test.ts`,
);
/** Titles of tests, also those that stand in a list of cases as `name`; names of one word are something else. */
const titles = told.flatMap((file) =>
  Array.from(read(file).matchAll(/(?:\btest\(\s*|\bname: )'([^']+ [^']+)'/g), ([, title = '']) => title),
);
const sections = ['Sessions', 'Faults it recovers from', 'Errors that end a session', 'Mistakes of the model'];
const rows = sections.flatMap((section) => {
  const text = page.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  return Array.from(text.matchAll(/^\| (.+?) \|/gm), ([, first = '']) => first).slice(2);
});

test('every test has a line of the page, every line a test', () => {
  assert.ok(titles.length > 30, `${titles.length} titles were found`);
  assert.deepEqual(rows.toSorted(), titles.toSorted());
});

test('the page names the version that is run, and every file of tests', () => {
  assert.ok(page.includes(`Claude Code ${claudeCodeVersion} `));
  for (const file of files.filter((file) => file.startsWith('test/clients/claude-code'))) {
    assert.ok(page.includes(`\`${file.replace('test/clients/', '')}\``), file);
  }
});
