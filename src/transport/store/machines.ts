/** The machines that may link to this gateway. */
import type { Kysely } from 'kysely';
import type { MachineId } from '../../contract/ids.ts';
import type { Tables } from './tables.ts';

export interface Machine {
  readonly machineId: MachineId;
  /** Ed25519, SPKI DER, base64url. */
  readonly publicKey: string;
  readonly name: string;
}

export class Machines {
  readonly #db: Kysely<Tables>;
  readonly #names = new Map<MachineId, string>();

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async get(machineId: MachineId): Promise<Machine | undefined> {
    const row = await this.#db
      .selectFrom('machines')
      .selectAll()
      .where('machine_id', '=', machineId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    this.#names.set(machineId, row.name);
    return { machineId, publicKey: row.public_key, name: row.name };
  }

  /** Lets a machine link from now on; an approved one is only renamed. */
  async approve({ machineId, publicKey, name }: Machine): Promise<void> {
    await this.#db
      .insertInto('machines')
      .values({ machine_id: machineId, public_key: publicKey, name, approved_at_ms: Date.now() })
      .onConflict((conflict) => conflict.column('machine_id').doUpdateSet({ name }))
      .execute();
    this.#names.set(machineId, name);
  }

  async list(): Promise<readonly Machine[]> {
    const rows = await this.#db.selectFrom('machines').selectAll().orderBy('approved_at_ms').execute();
    return rows.map((row) => ({ machineId: row.machine_id, publicKey: row.public_key, name: row.name }));
  }

  /** The name of a machine that was looked up here before. */
  name(machineId: MachineId): string | undefined {
    return this.#names.get(machineId);
  }
}
