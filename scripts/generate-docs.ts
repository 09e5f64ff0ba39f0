/** Writes the documents that are made from code: `node scripts/generate-docs.ts`. A test fails when one is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedDocuments } from './generate-docs/documents.ts';

for (const [file, text] of Object.entries(generatedDocuments())) {
  const target = new URL(`../${file}`, import.meta.url);
  mkdirSync(new URL('.', target), { recursive: true });
  writeFileSync(target, text);
  console.log(file);
}
