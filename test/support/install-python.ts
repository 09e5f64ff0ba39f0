/**
 * Gets Python packages from PyPI into a scratch folder that later runs find again, as `install-clients.ts` does for npm.
 * Wheels only: no code of a package runs while it is installed.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installFolder, installOnce } from './install-clients.ts';

const run = promisify(execFile);
/** An index that does not answer must not hold the suite for longer, ms. */
const installTimeoutMs = 180_000;

export type InstalledPython =
  | {
      readonly ok: true;
      /** The interpreter the packages were chosen for. */
      readonly python: string;
      /** For PYTHONPATH. */
      readonly directory: string;
    }
  | { readonly ok: false; readonly reason: string };

/** Installs exact versions (`name==version`) once. `oldest` is the lowest Python they take, as `[3, 10]`. */
export async function installPython(
  packages: readonly string[],
  oldest: readonly [number, number],
): Promise<InstalledPython> {
  const found = await interpreter();
  if (found === null) return { ok: false, reason: 'there is no python3 on the PATH' };
  const { python, version } = found;
  const [major = 0, minor = 0] = version;
  if (major !== oldest[0] || minor < oldest[1]) {
    return { ok: false, reason: `Python ${version.join('.')} is older than ${oldest.join('.')}` };
  }
  const directory = installFolder([python, ...version.map(String), ...packages]);
  const options = ['--only-binary=:all:', '--quiet', '--disable-pip-version-check'];
  try {
    await installOnce(directory, (folder) =>
      run(python, ['-m', 'pip', 'install', '--target', folder, ...options, ...packages], { timeout: installTimeoutMs }),
    );
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    const lines = said.split('\n').filter((line) => /error/i.test(line));
    return { ok: false, reason: `pip install ${packages.join(' ')} failed: ${lines.slice(0, 3).join(' | ')}` };
  }
  return { ok: true, python, directory };
}

/** The interpreter itself, not a wrapper that chooses one by the environment. */
async function interpreter(): Promise<{ python: string; version: number[] } | null> {
  try {
    const { stdout } = await run('python3', ['-c', 'import sys; print(sys.executable, *sys.version_info[:2])']);
    const words = stdout.trim().split(' ');
    return { python: words.slice(0, -2).join(' '), version: words.slice(-2).map(Number) };
  } catch {
    return null;
  }
}
