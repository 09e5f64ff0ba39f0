import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installedBuilds } from './installed-builds.ts';

function packages(names: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), 'metalyard-builds-'));
  for (const name of names) {
    mkdirSync(join(root, name, 'bins', 'some-build'), { recursive: true });
    writeFileSync(join(root, name, 'package.json'), '{}');
  }
  return (name: string) => join(root, name);
}

test('the build of this checkout is found, and no empty package counts', { skip: process.platform !== 'linux' }, () => {
  assert.deepEqual(installedBuilds(), ['cpu']);
});

test('both CUDA packages are one back end', () => {
  const folderOf = packages([
    '@node-llama-cpp/win-x64',
    '@node-llama-cpp/win-x64-cuda',
    '@node-llama-cpp/win-x64-cuda-ext',
    '@node-llama-cpp/win-x64-vulkan',
  ]);
  assert.deepEqual(installedBuilds('win32', 'x64', folderOf), ['cpu', 'cuda', 'vulkan']);
});

test('Apple silicon has Metal, and a system without any build has nothing', () => {
  assert.deepEqual(installedBuilds('darwin', 'arm64', packages(['@node-llama-cpp/mac-arm64-metal'])), ['metal']);
  assert.deepEqual(installedBuilds('freebsd', 'x64'), []);
});
