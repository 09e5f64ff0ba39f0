/** Every generated document, by its path in the repository. */
import { readFileSync } from 'node:fs';
import { compatibilityPage } from './compatibility.ts';
import { withErrorTable } from './error-table.ts';
import { landminePages } from './landmine-pages.ts';
import { withSupportTable } from './support-matrix.ts';

const present = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

export const generatedDocuments = (): Readonly<Record<string, string>> => ({
  'docs/compatibility.md': compatibilityPage(),
  'docs/errors.md': withErrorTable(present('docs/errors.md')),
  'docs/support-matrix.md': withSupportTable(present('docs/support-matrix.md')),
  ...landminePages(),
});
