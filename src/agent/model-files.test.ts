/** A folder of models, with what people really have in such folders. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelFiles } from './model-files.ts';

test('named files come first, split models count once, projectors and other files not at all', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'metalyard-models-'));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'maker'));
  const put = (name: string): string => {
    writeFileSync(join(folder, name), '');
    return join(folder, name);
  };
  const one = put('one-Q4_K_M.gguf');
  const two = put('maker/two-00001-of-00003.gguf');
  put('maker/two-00002-of-00003.gguf');
  put('maker/two-00003-of-00003.gguf');
  const headless = put('three-00002-of-00002.gguf');
  put('mmproj-one-f16.gguf');
  put('README.md');

  assert.deepEqual(modelFiles(['/else/where.gguf', one], folder), [
    { path: '/else/where.gguf', isNamed: true },
    { path: one, isNamed: true },
    { path: two, isNamed: false },
    { path: headless, isNamed: false },
  ]);
  assert.deepEqual(modelFiles([], undefined), []);
});
