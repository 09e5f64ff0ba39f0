/** Every stored output is read by a test, and the index says where each comes from. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const fixtures = globSync('{linux,macos,windows,wsl}/**/*.*', { cwd: `${folder}fixtures` }).map((file) =>
  file.replaceAll('\\', '/'),
);

test('there are 180 outputs, and each has a line in the index', () => {
  const index = readFileSync(`${folder}fixtures/INDEX.md`, 'utf8');
  assert.equal(fixtures.length, 180);
  assert.deepEqual(
    fixtures.filter((file) => !index.includes(`| ${file} | `)),
    [],
  );
});

test('each is read by the test of a probe', () => {
  const tests = globSync('*/captures.test.ts', { cwd: folder })
    .map((file) => readFileSync(`${folder}${file}`, 'utf8'))
    .join('');
  // os-release files are listed by their name in one folder.
  const named = (file: string): boolean =>
    tests.includes(`'${file}'`) ||
    tests.includes(`'${file}:`) ||
    (file.startsWith('linux/os-release/') && tests.includes(`'${file.split('/').at(-1)}'`));
  assert.deepEqual(
    fixtures.filter((file) => !named(file)),
    [],
  );
});
