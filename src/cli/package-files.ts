/** Files of this package, found the same way in a checkout (`src/`) and in the published build. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultDataPath } from '../transport/data-directory.ts';

const root = new URL('../../', import.meta.url);

/** The model that answers when none is named. */
export const shippedModel = fileURLToPath(new URL('models/metalyard-tiny-q8_0.gguf', root));

/** What the yard calls it. */
export const shippedModelId = 'metalyard-tiny-q8';

/** The program a child process starts to run another command of this same build. */
export const program = fileURLToPath(
  new URL(`main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export const version: string = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;

/**
 * A command to type next, as this copy is called by hand (through npx in a checkout), for the same
 * data directory.
 */
export function commandLine(rest: string, dataDir: string): string {
  const through = import.meta.url.endsWith('.ts') ? 'npx metalyard' : 'metalyard';
  return `${through} ${rest}${dataDir === defaultDataPath() ? '' : ` --data-dir '${dataDir}'`}`;
}
