/**
 * One gateway per store. The lock is an exclusive SQLite transaction on a file of its own: the
 * operating system gives it up when the process ends, however it ends.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
}

/** Takes the lock at once or throws `StoreInUseError`; the returned function gives it back. */
export function lockForGateway(file: string): () => void {
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    throw new StoreInUseError('Another gateway is using this data directory.', { cause });
  }
  return () => database.close();
}
