/**
 * Gets real clients from the npm registry into a scratch folder that later runs find again. The
 * repository does not depend on them: Claude Code alone is 360 MB.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A registry that does not answer must not hold the suite for longer, ms. */
const installTimeoutMs = 180_000;

export type Installed =
  | { readonly ok: true; readonly directory: string }
  | { readonly ok: false; readonly reason: string };

/** Where a set of packages is kept between runs. */
export function installFolder(packages: readonly string[]): string {
  const digest = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  return join(tmpdir(), `metalyard-packages-${digest}`);
}

/** A registry that is busy for a moment is asked again, this often in all. */
const attempts = 3;

/**
 * Fills a folder once, whole or not at all: test files that need the same packages may start at the same time. Rejects
 * with the last error of `fill`, which gets an empty folder each time.
 */
export async function installOnce(directory: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  for (let attempt = 1; !existsSync(directory); attempt++) {
    const folder = mkdtempSync(`${directory}-`);
    try {
      await fill(folder);
      renameSync(folder, directory);
    } catch (error) {
      // Whoever was first has done it for all.
      if (!existsSync(directory) && attempt === attempts) throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Installs exact versions (`name@version`) once; scripts of the packages are never run. */
export async function installClients(packages: readonly string[]): Promise<Installed> {
  const directory = installFolder(packages);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--engine-strict=false'];
  try {
    await installOnce(directory, (cwd) => {
      writeFileSync(join(cwd, 'package.json'), '{"private": true}\n');
      const shell = process.platform === 'win32';
      return run(npm, ['install', ...options, ...packages], { cwd, timeout: installTimeoutMs, shell });
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    const lines = said.split('\n').filter((line) => line.includes('error'));
    return { ok: false, reason: `npm install ${packages.join(' ')} failed: ${lines.slice(0, 3).join(' | ')}` };
  }
  return { ok: true, directory };
}

/** Loads a module of an installed client. The result is the module's own namespace. */
// biome-ignore lint/suspicious/noExplicitAny: the package is not known at compile time
export async function importClient(directory: string, name: string): Promise<any> {
  const manifest = join(directory, 'package.json');
  const resolved = createRequire(manifest).resolve(name);
  return import(pathToFileURL(resolved).href);
}

/** The native program of an installed Claude Code, which comes as a platform package. */
export function claudeCodeProgram(directory: string): string | null {
  return platformProgram(directory, '@anthropic-ai/claude-code', 'claude');
}

/** The native program of an installed opencode, likewise. */
export function opencodeProgram(directory: string): string | null {
  return platformProgram(directory, 'opencode', 'bin/opencode');
}

function platformProgram(directory: string, name: string, path: string): string | null {
  const folder = join(directory, 'node_modules', `${name}-${process.platform}-${process.arch}`);
  const program = join(folder, process.platform === 'win32' ? `${path}.exe` : path);
  return existsSync(program) ? program : null;
}
