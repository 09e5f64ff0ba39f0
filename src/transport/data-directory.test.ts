import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultDataPath, openDataDirectory } from './data-directory.ts';

const cases = [
  ['Linux without settings', 'linux', {}, '/home/ann/.local/share/metalyard'],
  ['Linux with an XDG directory', 'linux', { XDG_DATA_HOME: '/data/ann' }, '/data/ann/metalyard'],
  [
    'Linux with a relative XDG directory, which the specification says to ignore',
    'linux',
    { XDG_DATA_HOME: 'x' },
    '/home/ann/.local/share/metalyard',
  ],
  ['macOS', 'darwin', {}, '/home/ann/Library/Application Support/metalyard'],
  ['Windows', 'win32', { LOCALAPPDATA: '/appdata' }, '/appdata/metalyard'],
  ['Windows without LOCALAPPDATA', 'win32', {}, '/home/ann/AppData/Local/metalyard'],
  ['METALYARD_DATA_DIR above all', 'darwin', { METALYARD_DATA_DIR: '/srv/yard' }, '/srv/yard'],
] as const;

for (const [sentence, platform, env, expected] of cases) {
  test(`the data directory on ${sentence}`, () => {
    assert.equal(defaultDataPath({ env, platform, home: '/home/ann' }), expected);
  });
}

test('a new data directory is closed to others', { skip: process.platform === 'win32' }, (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'metalyard-'));
  context.after(() => rmSync(parent, { recursive: true }));
  const { path } = openDataDirectory(join(parent, 'yard'));
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a directory that others can read is refused, with the command that closes it', {
  skip: process.platform === 'win32',
}, (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-'));
  context.after(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  assert.throws(() => openDataDirectory(directory), {
    message: new RegExp(`mode 755.*chmod 700 '${directory}'`),
  });
});
