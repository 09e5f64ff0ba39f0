/**
 * The API key `metalyard claude` uses when none is given: made once per data directory and kept in its
 * file `claude-key` (mode 0600), as the store holds only hashes. When it no longer works, a new one is made.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataDirectory } from '../transport/data-directory.ts';
import { openStore } from '../transport/store/store.ts';
import { CommandError } from './command-error.ts';
import { commandLine } from './package-files.ts';

export interface ClaudeKey {
  readonly secret: string;
  /** For people. */
  readonly id: string;
  /** It did not exist before. */
  readonly isNew: boolean;
}

/** `given` must work: Claude Code would repeat a refused request for minutes. */
export async function claudeKey(directory: DataDirectory, given?: string): Promise<ClaudeKey> {
  const store = await openStore(directory.path, { purpose: 'administration' });
  try {
    if (given !== undefined) {
      const key = await store.keys.verify(given);
      if (key !== undefined) return { secret: given, id: key.id, isNew: false };
      throw new CommandError(
        'The API key given (--key or METALYARD_KEY) is none that works here: mistyped, revoked, expired, or of another ' +
          `data directory. Leave it out, or make another: ${commandLine('keys create', directory.path)}`,
      );
    }
    const file = join(directory.path, 'claude-key');
    const kept = readKept(file);
    const known = kept === undefined ? undefined : await store.keys.verify(kept);
    if (kept !== undefined && known !== undefined) return { secret: kept, id: known.id, isNew: false };
    const { key, secret } = await store.keys.create('claude');
    // Renamed into place: a second launch never reads half a key.
    writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return { secret, id: key.id, isNew: true };
  } finally {
    await store.close();
  }
}

function readKept(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
