/** Compiles the sources to `dist/package/src`, as the published package has them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folder of the package to be published. */
export const packageFolder = join(root, 'dist', 'package');

export function build(): void {
  rmSync(packageFolder, { recursive: true, force: true });
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const { status } = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  // The compiler has said what is wrong.
  if (status !== 0) process.exit(1);
  chmodSync(join(packageFolder, 'src', 'cli', 'main.js'), 0o755);
}

if (import.meta.main) build();
