/** The owner's own names for models. Changed by `metalyard alias` beside a running gateway, which goes by them a moment later. */
import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import type { StoreVersion } from './store-version.ts';
import type { Tables } from './tables.ts';

export class ModelAliases {
  readonly #db: Kysely<Tables>;
  /** Changes when another process has written. */
  readonly #storeVersion: StoreVersion;
  readonly #all: () => ReadonlyMap<string, string>;
  #known: ReadonlyMap<string, string> | undefined;
  #knownVersion: unknown;

  constructor(db: Kysely<Tables>, database: DatabaseSync, storeVersion: StoreVersion) {
    this.#db = db;
    this.#storeVersion = storeVersion;
    // Read in the middle of a request, and only after a change: no promise for that.
    const rows = database.prepare('select name, target from model_aliases order by name');
    this.#all = () => new Map(rows.all().map(({ name, target }) => [String(name), String(target)]));
  }

  /** Target by name, as of now. */
  current(): ReadonlyMap<string, string> {
    const version = this.#storeVersion.current();
    if (this.#known === undefined || version !== this.#knownVersion) {
      this.#known = this.#all();
      this.#knownVersion = version;
    }
    return this.#known;
  }

  /** Sets an alias, or changes what it stands for. Whether it makes sense is `checkAlias`'s to say. */
  async set(name: string, target: string): Promise<void> {
    await this.#db
      .insertInto('model_aliases')
      .values({ name, target, created_at_ms: Date.now() })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ target, created_at_ms: Date.now() }))
      .execute();
    this.#known = undefined;
  }

  /** False when there is no such alias. */
  async remove(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('model_aliases').where('name', '=', name).executeTakeFirst();
    this.#known = undefined;
    return numDeletedRows > 0n;
  }
}
