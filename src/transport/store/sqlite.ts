/**
 * SQLite as the store needs it: the version that keeps its promises, the durable settings, and the
 * few lines that let Kysely speak to `node:sqlite` (it ships a dialect for better-sqlite3's shape).
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { SqliteDatabase } from 'kysely';

/** Below this, two connections writing a WAL can corrupt it (fixed on 2026-03-13). */
const lowestVersion = [3, 51, 3] as const;
/** How long a writer waits for another process (`metalyard keys`) before it fails, ms. */
const busyMs = 5_000;

/** Throws unless this is a SQLite that keeps a WAL safe, e.g. "3.51.3". */
export function checkSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const difference = lowestVersion.map((lowest, place) => (parts[place] ?? 0) - lowest).find((by) => by !== 0) ?? 0;
  if (difference < 0) {
    throw new Error(
      `This Node ${process.version} carries SQLite ${version}, which can corrupt the store; ` +
        `${lowestVersion.join('.')} or newer is needed. Use Node 22.23 or newer, or Node 24.`,
    );
  }
}

/** Statements kept; ours are a hundred, but one with a list in it has a text for each length of that. */
const mostPrepared = 500;

/** Opens (or makes, mode 0600) a database file: WAL, every commit on disk before it returns. */
export function openSqlite(file: string): DatabaseSync {
  checkSqliteVersion(process.versions.sqlite ?? 'unknown');
  // The WAL and its index inherit the file's mode.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true });
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full;');
    return database;
  } catch (cause) {
    database.close();
    throw new Error(
      `The store ${file} cannot be opened (${cause instanceof Error ? cause.message : String(cause)}). ` +
        'Restore it from a copy, or move it away: Metalyard then starts with a new store, without the old keys.',
      { cause },
    );
  }
}

/** `node:sqlite` in the shape Kysely's SQLite dialect expects. */
export function forKysely(database: DatabaseSync): SqliteDatabase {
  // Preparing takes longer than most queries do.
  const prepared = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      // Kysely passes what its query compiler was given, and the tables hold only text and numbers.
      const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
      const made: ReturnType<SqliteDatabase['prepare']> = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        // Of its own: the same query may be asked again while this one goes on.
        iterate: (parameters) => database.prepare(sql).iterate(...values(parameters)),
      };
      if (prepared.size >= mostPrepared) prepared.clear();
      prepared.set(sql, made);
      return made;
    },
  };
}
