/**
 * Where keys stand, on disk, shared by all gateways of a store. A gateway leases chunks and spends them by itself
 * (`yard/quota`), so that few requests cost a commit.
 *
 * Rates go on where they were after a restart. Budgets are the ledger's: with each start of the gateway, and when the owner has
 * changed one, what is left is counted anew from what the ledger holds of the day and the month. So nothing a killed gateway had
 * leased is lost, and nothing is forgotten that was used while there was no budget.
 *
 * Permits (`yard/quota/permits.ts`) are held by one life of a gateway; those of one that is gone come back when another wants them and
 * has seen it silent for fifteen seconds.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyId } from '../../contract/ids.ts';
import { changed, full, type Level, periodStart, refilled, resized, unitsOf } from '../../yard/quota/bucket.ts';
import { HolderWatch } from '../../yard/quota/holder-watch.ts';
import type { LeaseAsk, LeaseGrant } from '../../yard/quota/key-quota.ts';
import { decideClaim, type PermitClaim, type PermitGrant, type PermitRow } from '../../yard/quota/permits.ts';
import type { Ledger } from './ledger.ts';

/** The port: SQLite here; another database needs the same three functions. */
export interface QuotaLeases {
  /** Takes a chunk of each bucket, as far as there is one, and books what is owed. One commit. */
  take(keyId: KeyId, asks: readonly LeaseAsk[], nowMs: number): Promise<readonly LeaseGrant[]>;
  /** Returns what was not spent (`owed` below zero), of many keys. One commit. */
  giveBack(
    rests: readonly { readonly keyId: KeyId; readonly asks: readonly LeaseAsk[] }[],
    nowMs: number,
  ): Promise<void>;
  /** Says what this gateway holds and wants of keys, and learns what it has now; one answer for each, in order. One commit. */
  claim(claims: readonly PermitClaim[], nowMs: number): Promise<readonly PermitGrant[]>;
}

interface LevelRow {
  readonly parts: number;
  readonly at_ms: number;
  readonly capacity: number;
  readonly epoch: number;
}

export class SqliteQuotaLeases implements QuotaLeases {
  readonly #database: DatabaseSync;
  readonly #ledger: Pick<Ledger, 'flush'>;
  readonly #epoch: number;
  readonly #find: StatementSync;
  readonly #keep: StatementSync;
  readonly #setBack: StatementSync;
  readonly #charged: StatementSync;
  /** Null: no other gateway may have the store at the same time. */
  readonly #holder: string | null;
  readonly #watch = new HolderWatch();
  readonly #permits: PermitStatements;

  /** `holder`: this life of this gateway, unlike any other; null: it has the store for itself, and all permits without a commit. */
  constructor(database: DatabaseSync, ledger: Pick<Ledger, 'flush'>, epoch: number, holder: string | null) {
    this.#holder = holder;
    this.#permits = permitStatements(database);
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
    this.#setBack = database.prepare(
      "update quota_levels set at_ms = ? where at_ms > ? and bucket in ('requests', 'input', 'output')",
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

  async claim(claims: readonly PermitClaim[], nowMs: number): Promise<readonly PermitGrant[]> {
    const holder = this.#holder;
    if (holder === null) {
      return claims.map(({ keyId, limit, demand }) => ({ keyId, permits: demand === 0 ? 0 : limit, share: null }));
    }
    return this.#transaction(() => {
      const grants = claims.map((claim) => this.#claim(holder, claim, nowMs));
      if (this.#permits.holds.get(holder) === undefined) this.#permits.forget.run(holder);
      else this.#permits.beat.run(holder);
      return grants;
    });
  }

  #claim(holder: string, claim: PermitClaim, nowMs: number): PermitGrant {
    const { rows, keep, giveUp, giveUpAll, forget } = this.#permits;
    const known = rows.all(claim.keyId) as unknown as (PermitRow & { readonly beats: number })[]; // as selected
    const alive = known.filter((row) => {
      if (row.holder === holder || !this.#watch.isGone(row.holder, row.beats, nowMs)) return true;
      giveUpAll.run(row.holder);
      forget.run(row.holder);
      return false;
    });
    const { grant, row } = decideClaim(holder, claim, alive);
    if (row === null) giveUp.run(claim.keyId, holder);
    else keep.run(claim.keyId, holder, row.permits, row.demand, row.turn);
    return grant;
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
    // The clock went back. Rates come back from now on, also those of keys that ask for nothing for a while.
    if (limit.per === 'minute' && row.at_ms > nowMs) this.#setBack.run(nowMs, nowMs);
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

interface PermitStatements {
  readonly rows: StatementSync;
  readonly keep: StatementSync;
  readonly giveUp: StatementSync;
  readonly giveUpAll: StatementSync;
  readonly holds: StatementSync;
  readonly beat: StatementSync;
  readonly forget: StatementSync;
}

const permitStatements = (database: DatabaseSync): PermitStatements => ({
  rows: database.prepare(
    'select p.holder, p.permits, p.demand, p.turn, coalesce(h.beats, 0) as beats from quota_permits p ' +
      'left join quota_holders h on h.holder = p.holder where p.key_id = ?',
  ),
  keep: database.prepare(
    'insert into quota_permits (key_id, holder, permits, demand, turn) values (?, ?, ?, ?, ?) ' +
      'on conflict (key_id, holder) do update set permits = excluded.permits, demand = excluded.demand, turn = excluded.turn',
  ),
  giveUp: database.prepare('delete from quota_permits where key_id = ? and holder = ?'),
  giveUpAll: database.prepare('delete from quota_permits where holder = ?'),
  holds: database.prepare('select 1 from quota_permits where holder = ? limit 1'),
  beat: database.prepare(
    'insert into quota_holders (holder, beats) values (?, 1) on conflict (holder) do update set beats = beats + 1',
  ),
  forget: database.prepare('delete from quota_holders where holder = ?'),
});
