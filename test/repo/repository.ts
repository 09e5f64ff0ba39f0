/** The repository as its rules see it: the files git knows, and what they import. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files in the repository and new ones not yet added, with `/` on every system. */
export const files: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
)
  .split('\0')
  // A file that was removed but not yet committed is still listed.
  .filter((file) => file !== '' && existsSync(join(root, file)));

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

export const isTest = (file: string): boolean => /\.test\.ts$|\/fixtures\//.test(file) || file.startsWith('test/');

/** The programs of `src/`, without tests and fixtures. */
export const programs: readonly string[] = files.filter(
  (file) => file.startsWith('src/') && file.endsWith('.ts') && !isTest(file),
);

export interface Import {
  /** A file of the repository, or the bare name of a package or of a Node module. */
  readonly target: string;
  /** Gone when the types are stripped. */
  readonly typeOnly: boolean;
}

const importForms =
  /^\s*(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|\bprogramPath\([^,]+,\s*'([^']+)'\)/gm;

/** What a TypeScript file imports; a child program it starts through `programPath` is no import. */
export function importsOf(file: string): readonly Import[] {
  return [...read(file).matchAll(importForms)].flatMap(([, typeOnly, fixed, dynamic]) => {
    const specifier = fixed ?? dynamic;
    if (specifier === undefined) return [];
    const target = specifier.startsWith('.') ? join(dirname(file), specifier).replaceAll('\\', '/') : specifier;
    return [{ target, typeOnly: typeOnly !== undefined }];
  });
}

/** `@scope/name` or `name` of a package import; undefined for files and Node's own modules. */
export function packageOf(target: string): string | undefined {
  if (target.startsWith('node:') || /\.[jt]s$/.test(target)) return undefined;
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}
