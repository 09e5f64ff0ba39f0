/**
 * Where keys stand, on disk, shared by all gateways of a store. A gateway leases chunks and spends them by itself
 * (`yard/quota`), so that few requests cost a commit.
 *
 * Rates go on where they were after a restart. Budgets are the ledger's: with each start of the gateway, and when the owner has
 * changed one, what is left is counted anew from what the ledger holds of the day and the month. So nothing a killed gateway had
 * leased is lost, and nothing is forgotten that was used while there was no budget.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyId } from '../../contract/ids.ts';
import { changed, full, type Level, periodStart, refilled, resized, unitsOf } from '../../yard/quota/bucket.ts';
import type { LeaseAsk, LeaseGrant } from '../../yard/quota/key-quota.ts';
import type { Ledger } from './ledger.ts';

/** The port: SQLite here; another database needs the same two functions. */
export interface QuotaLeases {
  /** Takes a chunk of each bucket, as far as there is one, and books what is owed. One commit. */
  take(keyId: KeyId, asks: readonly LeaseAsk[], nowMs: number): Promise<readonly LeaseGrant[]>;
  /** Returns what was not spent (`owed` below zero), of many keys. One commit. */
  giveBack(
    rests: readonly { readonly keyId: KeyId; readonly asks: readonly LeaseAsk[] }[],
    nowMs: number,
  ): Promise<void>;
}

interface LevelRow {
  readonly parts: number;
  readonly at_ms: number;
  readonly capacity: number;
  readonly epoch: number;
}

export class SqliteQuotaLeases implements QuotaLeases {
  readonly #database: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #epoch: number;
  readonly #find: StatementSync;
  readonly #keep: StatementSync;
  readonly #charged: StatementSync;

  constructor(database: DatabaseSync, ledger: Ledger, epoch: number) {
    this.#database = database;
    this.#ledger = ledger;
    this.#epoch = epoch;
    this.#find = database.prepare(
      'select parts, at_ms, capacity, epoch from quota_levels where key_id = ? and bucket = ?',
    );
    this.#keep = database.prepare(
      'insert into quota_levels (key_id, bucket, parts, at_ms, capacity, epoch) values (?, ?, ?, ?, ?, ?) ' +
        'on conflict (key_id, bucket) do update set parts = excluded.parts, at_ms = excluded.at_ms, ' +
        'capacity = excluded.capacity, epoch = excluded.epoch',
    );
    this.#charged = database.prepare(
      'select coalesce(sum(charged_input_tokens + charged_output_tokens), 0) as tokens from requests ' +
        'where key_id = ? and ended_at_ms >= ?',
    );
  }

  async take(keyId: KeyId, asks: readonly LeaseAsk[], nowMs: number): Promise<readonly LeaseGrant[]> {
    // Budgets are counted from it.
    await this.#ledger.flush();
    return this.#transaction(() => asks.map((ask) => this.#grant(keyId, ask, nowMs)));
  }

  async giveBack(
    rests: readonly { readonly keyId: KeyId; readonly asks: readonly LeaseAsk[] }[],
    nowMs: number,
  ): Promise<void> {
    this.#transaction(() => {
      for (const { keyId, asks } of rests) for (const ask of asks) this.#grant(keyId, ask, nowMs);
    });
  }

  #grant(keyId: KeyId, { limit, owed, want, isAnew = false }: LeaseAsk, nowMs: number): LeaseGrant {
    const there = changed(limit, this.#level(keyId, limit, isAnew, nowMs), -owed);
    const granted = Math.max(0, Math.min(want, unitsOf(there)));
    const left = changed(limit, there, -granted);
    this.#keep.run(keyId, limit.name, left.parts, left.atMs, limit.capacity, this.#epoch);
    return { name: limit.name, granted, left };
  }

  #level(keyId: KeyId, limit: LeaseAsk['limit'], isAnew: boolean, nowMs: number): Level {
    const row = this.#find.get(keyId, limit.name) as LevelRow | undefined; // as selected
    if (limit.per !== 'minute' && (isAnew || row?.epoch !== this.#epoch)) {
      const used = this.#charged.get(keyId, periodStart(limit.per, nowMs)) as { readonly tokens: number }; // as selected
      return changed(limit, full(limit, nowMs), -used.tokens);
    }
    if (row === undefined) return full(limit, nowMs);
    return refilled(limit, resized(row, limit, { parts: row.parts, atMs: row.at_ms }), nowMs);
  }

  #transaction<Result>(work: () => Result): Result {
    this.#database.exec('begin immediate');
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }
}
