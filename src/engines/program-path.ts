import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of a program beside the calling module: `.ts` in the repository, `.js` in the built package. */
export function programPath(callerUrl: string, name: string): string {
  const caller = fileURLToPath(callerUrl);
  return fileURLToPath(new URL(name + extname(caller), callerUrl));
}
