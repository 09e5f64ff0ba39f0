/** The owner's own names for models. Changed by `metalyard alias` beside a running gateway, which goes by them at once. */
import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export class ModelAliases {
  readonly #db: Kysely<Tables>;
  /** Changes when another process has written. Microseconds. */
  readonly #storeVersion: () => unknown;
  readonly #all: () => ReadonlyMap<string, string>;
  #known: ReadonlyMap<string, string> | undefined;
  #knownVersion: unknown;

  constructor(db: Kysely<Tables>, database: DatabaseSync) {
    this.#db = db;
    const version = database.prepare('pragma data_version');
    this.#storeVersion = () => version.get()?.data_version;
    // Read in the middle of a request, and only after a change: no promise for that.
    const rows = database.prepare('select name, target from model_aliases order by name');
    this.#all = () => new Map(rows.all().map(({ name, target }) => [String(name), String(target)]));
  }

  /** Target by name, as of now. */
  current(): ReadonlyMap<string, string> {
    const version = this.#storeVersion();
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
