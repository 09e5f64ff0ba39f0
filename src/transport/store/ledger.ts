/**
 * The ledger: one row per request, written in groups so that no client ever waits for a disk. A
 * durable commit blocks for 0.5 ms, 5 ms at worst (measured); a row waits at most `groupMs` for it,
 * and that is what a power cut can lose.
 */
import type { Insertable, Kysely } from 'kysely';
import type { RequestReport } from '../request-report.ts';
import type { RequestsTable, Tables } from './tables.ts';

type Row = Insertable<RequestsTable>;

const groupMs = 250;
/** A group this large is written at once. Far below SQLite's 32,766 values per statement. */
const groupRows = 100;
/** While the disk fails, so many rows are kept; then the oldest are given up, and counted. */
const keptRows = 10_000;
/** After a failed write, ms. */
const retryMs = 5_000;

export class Ledger {
  readonly #db: Kysely<Tables>;
  readonly #onFailure: (message: string) => void;
  #waiting: Row[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;

  /** `onFailure` hears of rows that could not be written, once per failed write. */
  constructor(db: Kysely<Tables>, onFailure: (message: string) => void) {
    this.#db = db;
    this.#onFailure = onFailure;
  }

  /** Takes a report; the row is on disk a moment later, or after `flush`. */
  record(report: RequestReport): void {
    this.#waiting.push(rowOf(report, Date.now()));
    if (this.#failing) return;
    if (this.#waiting.length >= groupRows) void this.#write();
    else this.#schedule(groupMs);
  }

  /** Resolves when everything recorded so far is on disk, or the disk refused it. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  /** Stops the timer: nothing is written by itself any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, delayMs);
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    const rows = this.#waiting;
    if (rows.length === 0) return;
    this.#waiting = [];
    try {
      for (let start = 0; start < rows.length; start += groupRows) {
        await this.#db
          .insertInto('requests')
          .values(rows.slice(start, start + groupRows))
          // Writing a row twice (after a failure half-way) changes nothing.
          .onConflict((conflict) => conflict.column('request_id').doNothing())
          .execute();
      }
      this.#failing = false;
    } catch (error) {
      this.#waiting = [...rows, ...this.#waiting];
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
  };
}
