import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { families } from './families.ts';

it('docs/models.md has a row for every family, and none besides', () => {
  const page = readFileSync(new URL('../../../docs/models.md', import.meta.url), 'utf8');
  const section = page.split('\n## ').find((part) => part.startsWith('Certified families'));
  const rows = [...(section ?? '').matchAll(/^\| (?!Format|---)([^|]+) \|/gm)].map(([, title]) => title);
  assert.deepEqual(
    rows,
    families.map(({ title }) => title),
  );
});
