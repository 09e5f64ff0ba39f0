/**
 * What a gateway must not forget: who it is, its keys, its machines, its names for models, its ledger. One SQLite file;
 * one gateway at a time writes it, `metalyard keys` and `metalyard alias` may write beside it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { Kysely, SqliteDialect } from 'kysely';
import type { GatewayId } from '../../contract/ids.ts';
import { nowMs } from '../clock.ts';
import { openDataDirectory } from '../data-directory.ts';
import { newGatewayId } from '../ids.ts';
import { takeProcessLock } from '../process-lock.ts';
import { ApiKeys } from './api-keys.ts';
import { JoinTokens } from './join-tokens.ts';
import { Ledger } from './ledger.ts';
import { Machines } from './machines.ts';
import { migrate } from './migrations.ts';
import { ModelAliases } from './model-aliases.ts';
import { ModelMinimums } from './model-minimums.ts';
import { type QuotaLeases, SqliteQuotaLeases } from './quota-leases.ts';
import { forKysely, openSqlite } from './sqlite.ts';
import { StoreVersion } from './store-version.ts';
import type { Tables } from './tables.ts';
import { Usage } from './usage.ts';

export { type ApiKey, type KeyChange, type ListedKey, scopeOf } from './api-keys.ts';
export type { Machine, MachineStanding } from './machines.ts';

/** Another gateway holds the store. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
}

export interface Store {
  readonly gatewayId: GatewayId;
  /** Rises with every start of the gateway: fences messages of an earlier one. */
  readonly epoch: number;
  /** 32 bytes: signs thinking blocks. The same for the life of the store. */
  readonly signingSecret: Uint8Array;
  readonly keys: ApiKeys;
  readonly machines: Machines;
  readonly joinTokens: JoinTokens;
  readonly aliases: ModelAliases;
  readonly minimums: ModelMinimums;
  readonly ledger: Ledger;
  readonly quotas: QuotaLeases;
  readonly usage: Usage;
  /** Writes what waits, then closes. */
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /**
   * `gateway` (default): holds the store as its one gateway and begins a new epoch.
   * `administration`: `metalyard keys`, beside a running gateway or without one.
   */
  readonly purpose?: 'gateway' | 'administration';
  /** Another gateway may lease from it at the same time; for tests of what several do. */
  readonly isShared?: boolean;
  /** Hears of ledger rows that could not be written. */
  readonly onLedgerFailure?: (message: string) => void;
  /** Of a monotonic clock; for tests. */
  readonly nowMs?: () => number;
}

/** Opens the store of a data directory, making it when it is new. Rejects with `StoreInUseError`. */
export async function openStore(directory: string, options: OpenStoreOptions = {}): Promise<Store> {
  const { purpose = 'gateway', onLedgerFailure = () => {} } = options;
  const { store: file, gatewayLock } = openDataDirectory(directory);
  // The lock says that no other gateway lives beside this one.
  const isAlone = purpose === 'gateway' && options.isShared !== true;
  const unlock = purpose === 'gateway' ? takeProcessLock(gatewayLock) : () => {};
  if (unlock === null) throw new StoreInUseError('Another gateway is using this data directory.');
  try {
    const database = openSqlite(file);
    try {
      const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database) }) });
      // One transaction around all steps: another process waits, and a crash leaves nothing half done.
      database.exec('begin immediate');
      await migrate(db, file);
      const gateway = await gatewayRow(db, purpose === 'gateway' ? 1 : 0);
      database.exec('commit');
      const ledger = new Ledger(db, database, onLedgerFailure);
      const version = new StoreVersion(database, options.nowMs ?? nowMs);
      return {
        gatewayId: gateway.gateway_id,
        epoch: gateway.epoch,
        signingSecret: Buffer.from(gateway.signing_secret, 'base64url'),
        keys: new ApiKeys(db, version),
        machines: new Machines(db),
        joinTokens: new JoinTokens(db),
        aliases: new ModelAliases(db, database, version),
        minimums: new ModelMinimums(db),
        ledger,
        quotas: new SqliteQuotaLeases(database, ledger, gateway.epoch, isAlone ? null : randomUUID()),
        usage: new Usage(db),
        async close() {
          await ledger.flush();
          ledger.end();
          await db.destroy();
          unlock();
        },
      };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Runs inside the opening transaction. */
async function gatewayRow(db: Kysely<Tables>, epochs: 0 | 1): Promise<Tables['gateway']> {
  const there = await db.selectFrom('gateway').select('gateway_id').executeTakeFirst();
  if (there === undefined) {
    await db
      .insertInto('gateway')
      .values({ gateway_id: newGatewayId(), epoch: 0, signing_secret: randomBytes(32).toString('base64url') })
      .execute();
  }
  return db
    .updateTable('gateway')
    .set((eb) => ({ epoch: eb('epoch', '+', epochs) }))
    .returningAll()
    .executeTakeFirstOrThrow();
}
