/** The machines that this gateway knows: those that may link, wait to be let in, or were removed. */
import type { Kysely } from 'kysely';
import type { MachineId } from '../../contract/ids.ts';
import type { MachinesTable, Tables } from './tables.ts';

export type MachineStanding = MachinesTable['standing'];

export interface Machine {
  readonly machineId: MachineId;
  /** Ed25519, SPKI DER, base64url. */
  readonly publicKey: string;
  /** Unique among machines that were not removed. */
  readonly name: string;
  readonly standing: MachineStanding;
  readonly labels: readonly string[];
  /** Its owner keeps it from new work. */
  readonly drained: boolean;
  readonly knownSinceMs: number;
}

/** A machine that asks to be known. */
export type Newcomer = Pick<Machine, 'machineId' | 'publicKey' | 'name'>;

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
    return row === undefined ? undefined : this.#read(row);
  }

  /** By id, else by name; a name of two machines finds the one known longest. */
  async find(idOrName: string): Promise<Machine | undefined> {
    const row = await this.#db
      .selectFrom('machines')
      .selectAll()
      .where((eb) => eb.or([eb('machine_id', '=', idOrName), eb('name', '=', idOrName)]))
      .where('standing', '!=', 'removed')
      // A machine may call itself by the id of another.
      .orderBy((eb) => eb.case().when('machine_id', '=', idOrName).then(0).else(1).end())
      .orderBy('approved_at_ms')
      .executeTakeFirst();
    return row === undefined ? undefined : this.#read(row);
  }

  /** Lets a machine link from now on; an approved one is only renamed. */
  async approve(newcomer: Newcomer): Promise<void> {
    await this.#enter(newcomer, 'approved');
  }

  /** Notes that a machine asks to be let in; one that is known already keeps its standing, unless it was removed. */
  async askFor(newcomer: Newcomer): Promise<MachineStanding> {
    const known = await this.get(newcomer.machineId);
    if (known !== undefined && known.standing !== 'removed') return known.standing;
    await this.#enter(newcomer, 'pending');
    return 'pending';
  }

  async set(
    machineId: MachineId,
    change: Partial<Pick<Machine, 'standing' | 'name' | 'labels' | 'drained'>>,
  ): Promise<void> {
    const { standing, name, labels, drained } = change;
    await this.#db
      .updateTable('machines')
      .set({
        ...(standing === undefined ? {} : { standing }),
        ...(name === undefined ? {} : { name }),
        ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
        ...(drained === undefined ? {} : { drained: drained ? 1 : 0 }),
      })
      .where('machine_id', '=', machineId)
      .execute();
    if (name !== undefined) this.#names.set(machineId, name);
  }

  /** All that were not removed, the one known longest first. */
  async list(): Promise<readonly Machine[]> {
    const rows = await this.#db
      .selectFrom('machines')
      .selectAll()
      .where('standing', '!=', 'removed')
      .orderBy('approved_at_ms')
      .execute();
    return rows.map((row) => this.#read(row));
  }

  /** The name of a machine that was looked up here before. */
  name(machineId: MachineId): string | undefined {
    return this.#names.get(machineId);
  }

  async #enter({ machineId, publicKey, name }: Newcomer, standing: MachineStanding): Promise<void> {
    await this.#db
      .insertInto('machines')
      .values({
        machine_id: machineId,
        public_key: publicKey,
        name,
        approved_at_ms: Date.now(),
        standing,
        labels: '[]',
        drained: 0,
      })
      // What a machine was before it was removed counts no more: keys trust labels.
      .onConflict((conflict) =>
        conflict.column('machine_id').doUpdateSet((eb) => {
          const wasRemoved = eb.case().when('machines.standing', '=', 'removed');
          return {
            name,
            standing,
            labels: wasRemoved.then('[]').else(eb.ref('machines.labels')).end(),
            drained: wasRemoved.then(0).else(eb.ref('machines.drained')).end(),
          };
        }),
      )
      .execute();
    this.#names.set(machineId, name);
  }

  #read(row: MachinesTable): Machine {
    this.#names.set(row.machine_id, row.name);
    return {
      machineId: row.machine_id,
      publicKey: row.public_key,
      name: row.name,
      standing: row.standing,
      labels: JSON.parse(row.labels),
      drained: row.drained === 1,
      knownSinceMs: row.approved_at_ms,
    };
  }
}
