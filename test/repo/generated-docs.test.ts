/** Documents made from code are what the code would make now. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generatedDocuments } from '../../scripts/generate-docs/documents.ts';
import { files, read } from './repository.ts';

for (const [file, text] of Object.entries(generatedDocuments())) {
  test(`${file} is up to date`, () => {
    assert.equal(read(file), text, 'stale: run `node scripts/generate-docs.ts`');
  });
}

test('no page is left of a landmine that is gone', () => {
  const pages = files.filter((file) => file.startsWith('docs/landmines/'));
  assert.deepEqual(
    pages.filter((file) => !Object.hasOwn(generatedDocuments(), file)),
    [],
  );
});

test('docs/compatibility.md tells the sampling defaults that are used', () => {
  const [, temperature, topP, topK] =
    /usualSampling = \{ temperature: ([\d.]+), topP: ([\d.]+), topK: (\d+) \}/.exec(
      read('src/agent/generate-answer.ts'),
    ) ?? [];
  assert.ok(read('docs/compatibility.md').includes(`defaults (${temperature}, ${topP}, ${topK})`));
});
