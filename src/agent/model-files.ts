/** Which model files an agent has: those that were named, and those in a folder. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One model; the first of its files where it is split. */
export interface ModelFile {
  readonly path: string;
  /** Named by itself, not merely found in a folder. */
  readonly isNamed: boolean;
}

const part = /-(\d{5})-of-\d{5}\.gguf$/i;
/** A projector for images belongs to a model and is none. */
const projector = /^mmproj/i;

/**
 * Named ones first, in their order, then those of the folder and what is below it, by path; none twice. A split model
 * counts once. Throws the system's error where the folder cannot be read.
 */
export function modelFiles(named: readonly string[], folder: string | undefined): readonly ModelFile[] {
  const files = new Map(named.map((path) => [path, { path, isNamed: true }]));
  for (const path of folder === undefined ? [] : filesIn(folder)) {
    if (!files.has(path)) files.set(path, { path, isNamed: false });
  }
  return [...files.values()];
}

function filesIn(folder: string): readonly string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.gguf$/i.test(entry.name) && !projector.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const bases = new Set<string>();
  return found.filter((path) => {
    const split = part.exec(basename(path));
    if (split === null) return true;
    // Of the parts the first that is there stands for all: without part 1 it is listed as failed, with the reason.
    const base = path.replace(part, '');
    return !bases.has(base) && bases.add(base);
  });
}
