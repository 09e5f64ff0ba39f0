/** The machines that this gateway knows: those that may link, wait to be let in, or were removed. */

import type { CompiledQuery, Kysely } from 'kysely';
import type { MachineId } from '../../contract/ids.ts';
import { listWords } from '../../contract/joining.ts';
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

  /** Written once: a fleet that comes back asks it thousands of times. */
  readonly #byId: CompiledQuery<MachinesTable>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
    this.#byId = db.selectFrom('machines').selectAll().where('machine_id', '=', '').compile();
  }

  async get(machineId: MachineId): Promise<Machine | undefined> {
    const { rows } = await this.#db.executeQuery<MachinesTable>({ ...this.#byId, parameters: [machineId] });
    const [row] = rows;
    return row === undefined ? undefined : this.#read(row);
  }

  /** By id or name, the one known longest first. Machines that older versions let in may share a name. */
  async called(idOrName: string): Promise<readonly Machine[]> {
    const rows = await this.#db
      .selectFrom('machines')
      .selectAll()
      .where((eb) => eb.or([eb('machine_id', '=', idOrName), eb('name', '=', idOrName)]))
      .where('standing', '!=', 'removed')
      .orderBy('approved_at_ms')
      .execute();
    const machines = rows.map((row) => this.#read(row));
    // A machine may call itself by the id of another.
    const meant = machines.filter(({ machineId }) => machineId === idOrName);
    return meant.length > 0 ? meant : machines;
  }

  /**
   * A machine joins: approved at once, or to wait for its owner's word, unless it is known already. It is called what it
   * calls itself, with a number behind it where another has that name; one that is known keeps the name it has. It gets the label besides those it has.
   */
  async join(
    newcomer: Newcomer,
    { approves, label = '' }: { readonly approves: boolean; readonly label?: string },
  ): Promise<Pick<Machine, 'name' | 'standing' | 'labels'>> {
    const known = await this.get(newcomer.machineId);
    const isKnown = known !== undefined && known.standing !== 'removed';
    const name = isKnown ? known.name : await this.#freeName(newcomer.name);
    const standing = approves ? 'approved' : isKnown ? known.standing : 'pending';
    await this.#enter({ ...newcomer, name }, standing);
    const had = isKnown ? known.labels : [];
    const labels = label === '' ? had : [...new Set([...had, label])];
    if (labels.length > had.length) await this.set(newcomer.machineId, { labels });
    return { name, standing, labels };
  }

  async #freeName(wanted: string): Promise<string> {
    const taken = new Set([...listWords, ...(await this.list()).map(({ name }) => name)]);
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted.slice(0, 120)}-${count}`;
    return name;
  }

  /** Lets a machine link from now on; an approved one is only renamed. */
  async approve(newcomer: Newcomer): Promise<void> {
    await this.#enter(newcomer, 'approved');
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
