/** Files of this package, found the same way in a checkout (`src/`) and in the published build. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The model that answers when none is named. */
export const shippedModel = fileURLToPath(new URL('models/metalyard-tiny-q8_0.gguf', root));

/** The program a child process starts to run another command of this same build. */
export const program = fileURLToPath(
  new URL(`main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export const version: string = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;

/** How this copy is called by hand: `metalyard keys list`, or the same through npx in a checkout. */
export function commandLine(rest: string): string {
  return `${import.meta.url.endsWith('.ts') ? 'npx ' : ''}metalyard ${rest}`;
}
