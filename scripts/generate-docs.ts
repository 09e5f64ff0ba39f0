/** Writes the documents that are made from code: `node scripts/generate-docs.ts`. A test fails when one is stale. */
import { writeFileSync } from 'node:fs';
import { generatedDocuments } from './generate-docs/documents.ts';

for (const [file, text] of Object.entries(generatedDocuments())) {
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
  console.log(file);
}
