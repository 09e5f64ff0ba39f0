/** Every test runs: its file is found by one suite, and `.ci/run` runs all suites. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suites } from '../../scripts/suites.ts';
import { files, read } from './repository.ts';

const found = suites.flatMap((suite) => suite.files().map((file) => ({ suite, file: file.replaceAll('\\', '/') })));

test('every test file is in one suite', () => {
  const missing = files.filter((file) => file.endsWith('.test.ts') && !found.some((one) => one.file === file));
  assert.deepEqual(missing, []);
  assert.equal(new Set(found.map(({ file }) => file)).size, found.length, 'no file is in two');
});

test('.ci/run runs every suite', () => {
  // The quick ones are what `npm test` alone means.
  const named = /^run npm test -- (.*)$/m.exec(read('.ci/run'))?.[1] ?? '';
  const slow = suites.filter(({ quick }) => !quick).map(({ name }) => name);
  assert.deepEqual(named.split(' ').sort(), slow.sort());
  assert.match(read('.ci/run'), /^run npm test$/m);
});
