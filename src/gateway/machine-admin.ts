/**
 * What an owner does with machines: lets them in, keeps them from work, names them, removes them. It
 * holds from the moment it is said: a removed machine's session ends at once.
 */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { Log } from '../transport/log/log.ts';
import type { Machine, Store } from '../transport/store/store.ts';
import type { YardEvent } from '../yard/events.ts';
import type { MachineLinks } from './machine-links.ts';

export type MachineChange =
  | { readonly kind: 'approve' | 'drain' | 'resume' | 'remove' }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'label'; readonly labels: readonly string[] };

/** What it needs of the store. */
export interface MachineAdminStore {
  readonly machines: Pick<Store['machines'], 'list' | 'called' | 'get' | 'set'>;
}

export class MachineAdmin {
  readonly #store: MachineAdminStore;
  readonly #links: MachineLinks;
  readonly #log: Log;
  readonly #tell: (event: YardEvent) => void;

  constructor(store: MachineAdminStore, links: MachineLinks, log: Log, tell: (event: YardEvent) => void) {
    this.#store = store;
    this.#links = links;
    this.#log = log;
    this.#tell = tell;
  }

  list(): Promise<readonly Machine[]> {
    return this.#store.machines.list();
  }

  /** Throws an ApiFailure where there is no such machine. */
  async change(idOrName: string, change: MachineChange): Promise<Machine> {
    const machine = await this.#meant(idOrName, change);
    const { machineId } = machine;
    switch (change.kind) {
      case 'approve':
        await this.#store.machines.set(machineId, { standing: 'approved' });
        break;
      case 'remove':
        await this.#store.machines.set(machineId, { standing: 'removed' });
        for (const session of this.#links.sessions) {
          if (session.machineId === machineId) this.#links.end(session.sessionId, 'the machine was removed');
        }
        this.#tell({ type: 'machine-removed', machineId });
        break;
      case 'drain':
      case 'resume': {
        const drained = change.kind === 'drain';
        await this.#store.machines.set(machineId, { drained });
        this.#tell({ type: 'machine-held', machineId, held: drained });
        break;
      }
      case 'rename':
        await this.#rename(machineId, change.name);
        break;
      case 'label':
        await this.#store.machines.set(machineId, { labels: change.labels });
        break;
      default:
        change satisfies never;
    }
    this.#log.info('machine changed', { machine: machine.name, machineId, change: change.kind });
    const changed = (await this.#store.machines.get(machineId)) ?? machine;
    this.named(changed);
    return changed;
  }

  /** The yard is told what a machine is called, and its labels. */
  named({ machineId, name, labels }: Pick<Machine, 'machineId' | 'name' | 'labels'>): void {
    this.#tell({ type: 'machine-named', machineId, name, labels });
  }

  /** Of several that are called alike, the one that the change is for. Throws where that is none, or cannot be known. */
  async #meant(idOrName: string, { kind }: MachineChange): Promise<Machine> {
    const called = await this.#store.machines.called(idOrName);
    // Only who waits can be let in.
    const waiting = kind === 'approve' ? called.filter(({ standing }) => standing === 'pending') : [];
    const [machine, ...others] = waiting.length > 0 ? waiting : called;
    if (machine === undefined) {
      throw new ApiFailure(apiError('not_found', `machine: there is none called ${idOrName}.`));
    }
    if (others.length > 0) {
      const ids = [machine, ...others].map(({ machineId, standing }) => `${machineId} (${standing})`).join(', ');
      throw new ApiFailure(
        apiError('invalid_request', `machine: several are called ${idOrName}: ${ids}. Say which by its id.`),
      );
    }
    return machine;
  }

  async #rename(machineId: string, name: string): Promise<void> {
    const taken = (await this.#store.machines.called(name)).find((other) => other.machineId !== machineId);
    if (taken !== undefined) {
      throw new ApiFailure(
        apiError('invalid_request', `name: ${taken.machineId} is called ${name} already. Take another name.`),
      );
    }
    await this.#store.machines.set(machineId, { name });
  }
}
