/** What holds for every file: size, no trace of the machine it was written on, the licence. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { files, isTest, read } from './repository.ts';

const text = files.filter(
  (file) => /\.(ts|js|json|md|yml|yaml|sh|txt|jinja)$|^\.|\/run$/.test(file) && file !== 'package-lock.json',
);

test('no program is longer than 400 lines, no test longer than 800', () => {
  const long = files
    .filter((file) => /\.(ts|js|sh)$/.test(file) && !file.includes('/fixtures/'))
    .map((file) => ({ file, lines: read(file).split('\n').length - 1, most: isTest(file) ? 800 : 400 }))
    .filter(({ lines, most }) => lines > most)
    .map(({ file, lines, most }) => `${file}: ${lines} lines, at most ${most}: split it by what it is about`);
  assert.deepEqual(long, []);
});

// Written in pieces, so that this file does not find itself.
const traces = [
  [
    'a directory of the machine it was written on',
    new RegExp(['(?<![\\w.])/work', '/|/root', '/(?!\\.)|\\.librar', 'y/'].join('')),
  ],
  [
    'the host of a package registry',
    new RegExp(['registry\\.npm', 'js|registry\\.yarn', 'pkg|npm', 'mirror'].join('')),
  ],
  ['work that is not done', new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bXX', 'X\\b'].join(''))],
  ['a test that does not run', new RegExp(['\\b(it|test|describe)\\.(on', 'ly|to', 'do)\\b'].join(''))],
] as const;
for (const [what, pattern] of traces) {
  test(`no file holds ${what}`, () => {
    const found = text.flatMap((file) => {
      // Recordings of real clients are kept as they were.
      if (file.includes('/fixtures/')) return [];
      const match = pattern.exec(read(file));
      return match === null ? [] : [`${file}: ${match[0]}`];
    });
    assert.deepEqual(found, []);
  });
}

test('no file is named after nothing in particular', () => {
  const vague = files.filter((file) => /(^|[/-])(utils?|helpers?|manager|misc|common)([./-]|$)/.test(file));
  assert.deepEqual(vague, []);
});

test('the licence is the Apache License 2.0, whole', () => {
  const licence = read('LICENSE').replace(/\s+/g, ' ');
  assert.ok(licence.includes('Apache License Version 2.0, January 2004'));
  assert.ok(licence.includes('END OF TERMS AND CONDITIONS'));
  assert.equal(JSON.parse(read('package.json')).license, 'Apache-2.0');
});

test('the shipped model is the one its card describes', () => {
  const digest = createHash('sha256')
    .update(readFileSync(new URL('../../models/metalyard-tiny-q8_0.gguf', import.meta.url)))
    .digest('hex');
  assert.ok(read('models/README.md').includes(digest), `the card does not name ${digest}`);
});
