/**
 * One process at a time: the one gateway of a store, the one agent of a machine's key. The lock is an
 * exclusive SQLite transaction on a file of its own: the operating system gives it up when the process
 * ends, however it ends.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** SQLITE_BUSY: somebody has it. Everything else (a full or read-only disk) is a failure of its own. */
const busy = 5;

/** Takes the lock; the returned function gives it back. Null: another process has it. */
export function takeProcessLock(file: string): (() => void) | null {
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === busy) return null;
    throw error;
  }
  return () => database.close();
}
