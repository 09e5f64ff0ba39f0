/** Models that their owner wants loaded on so many machines at least, whoever asks for them or not. */
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export class ModelMinimums {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Machines by model; none is 0. */
  async all(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#db.selectFrom('model_minimums').selectAll().orderBy('model').execute();
    return new Map(rows.map(({ model, machines }) => [model, machines]));
  }

  /** 0: as many as are asked for. */
  async set(model: string, machines: number): Promise<void> {
    if (machines === 0) {
      await this.#db.deleteFrom('model_minimums').where('model', '=', model).execute();
      return;
    }
    await this.#db
      .insertInto('model_minimums')
      .values({ model, machines })
      .onConflict((conflict) => conflict.column('model').doUpdateSet({ machines }))
      .execute();
  }
}
