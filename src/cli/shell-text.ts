/** Variables as commands of a shell, or as JSON. */

export const shells = ['bash', 'fish', 'powershell', 'json'] as const;
/** `bash` stands for every POSIX shell. */
export type Shell = (typeof shells)[number];

export const usualShell = (platform: NodeJS.Platform): Shell => (platform === 'win32' ? 'powershell' : 'bash');

/** JSON cannot say that a variable is to be absent. */
export function shellText(
  shell: Shell,
  set: readonly (readonly [string, string])[],
  unset: readonly string[] = [],
): string {
  switch (shell) {
    case 'bash':
      return lines(
        unset.map((name) => `unset ${name}`),
        set.map(([name, value]) => `export ${name}=${bashWord(value)}`),
      );
    case 'fish':
      return lines(
        unset.map((name) => `set -e ${name}`),
        set.map(([name, value]) => `set -gx ${name} ${fishWord(value)}`),
      );
    case 'powershell':
      return lines(
        unset.map((name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`),
        set.map(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'`),
      );
    case 'json':
      return JSON.stringify(Object.fromEntries(set), null, 2);
  }
}

const lines = (...groups: readonly string[][]): string => groups.flat().join('\n');
/** Of these characters no shell makes anything of its own. */
const plain = /^[\w@%+:,./-]+$/;
/** A word as a POSIX shell reads it: in quotes where it must be. */
export const bashWord = (text: string): string => (plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const fishWord = (text: string): string => (plain.test(text) ? text : `'${text.replace(/[\\']/g, '\\$&')}'`);
