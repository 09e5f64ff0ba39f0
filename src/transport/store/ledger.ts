/**
 * The ledger: one row per request, written in groups so that no client ever waits for a disk. A
 * durable commit blocks for 0.5 ms, 5 ms at worst (measured); a row waits at most `groupMs` for it,
 * and that is what a power cut can lose. The statement is made and compiled once: making it for each
 * group cost more than running it.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Insertable, Kysely } from 'kysely';
import type { RequestReport } from '../request-report.ts';
import type { RequestsTable, Tables } from './tables.ts';

type Row = Insertable<RequestsTable>;

const groupMs = 500;
/** A group this large is written at once. */
const groupRows = 250;
/** While the disk fails, so many rows are kept; then the oldest are given up, and counted. */
const keptRows = 10_000;
/** After a failed write, ms. */
const retryMs = 5_000;

export class Ledger {
  readonly #db: Kysely<Tables>;
  readonly #database: DatabaseSync;
  readonly #onFailure: (message: string) => void;
  /** Takes the values of a row in their order. */
  #insert: StatementSync | undefined;
  #waiting: Row[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  /** `onFailure` hears of rows that could not be written, once per failed write. */
  constructor(db: Kysely<Tables>, database: DatabaseSync, onFailure: (message: string) => void) {
    this.#db = db;
    this.#database = database;
    this.#onFailure = onFailure;
  }

  /** Takes a report; the row is on disk a moment later, or after `flush`. */
  record(report: RequestReport): void {
    this.#waiting.push(rowOf(report, Date.now()));
    if (this.#failing) return;
    if (this.#waiting.length >= groupRows) this.#write();
    else this.#schedule(groupMs);
  }

  /** Resolves when everything recorded so far is on disk, or the disk refused it. */
  async flush(): Promise<void> {
    this.#write();
  }

  /** Stops the timer: nothing is written by itself any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The process ends: what could not be written is lost, and that is said. */
  end(): void {
    this.stop();
    if (this.#waiting.length === 0) return;
    this.#onFailure(
      `${this.#waiting.length} rows of the ledger could not be written before the end, and are lost: usage and budgets do not know of these requests.`,
    );
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#write(), delayMs);
  }

  #write(): void {
    this.stop();
    if (this.#waiting.length === 0) return;
    try {
      this.#commit(this.#waiting);
      this.#waiting = [];
      this.#failing = false;
    } catch (error) {
      const lost = Math.max(0, this.#waiting.length - keptRows);
      this.#waiting.splice(0, lost);
      this.#failing = true;
      this.#schedule(retryMs);
      this.#onFailure(
        `The ledger cannot be written (${error instanceof Error ? error.message : String(error)}): ` +
          `${this.#waiting.length} rows wait in memory, ${lost} were given up. ` +
          'Requests are served all the same; free space on the disk of the data directory.',
      );
    }
  }

  /** All rows or none. */
  #commit(rows: readonly Row[]): void {
    this.#database.exec('begin immediate');
    try {
      for (const row of rows) {
        this.#insert ??= this.#database.prepare(this.#insertion(row));
        this.#insert.run(...Object.values(row));
      }
      this.#database.exec('commit');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  /** SQL that inserts a row like this one; all have the same columns. */
  #insertion(row: Row): string {
    return (
      this.#db
        .insertInto('requests')
        .values(row)
        // Writing a row twice (after a commit whose answer was lost) changes nothing.
        .onConflict((conflict) => conflict.column('request_id').doNothing())
        .compile().sql
    );
  }
}

function rowOf(report: RequestReport, endedAtMs: number): Row {
  const { outcome, usage } = report;
  return {
    request_id: report.requestId,
    ended_at_ms: endedAtMs,
    key_id: report.keyId,
    model: report.model,
    machine_id: report.machineId,
    status: outcome.kind,
    code: outcome.kind === 'answered' ? null : outcome.kind === 'cancelled' ? outcome.reason : outcome.error.code,
    prompt_tokens: usage?.promptTokens ?? null,
    cached_tokens: usage?.cachedTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    ttft_ms: report.ttftMs,
    total_ms: report.totalMs,
    attempts: report.attempts,
    charged_input_tokens: report.charged.inputTokens,
    charged_output_tokens: report.charged.outputTokens,
  };
}
