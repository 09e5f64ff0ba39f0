/** What outlives every life of a gateway, as its disk does. */
import type { Machine } from '../transport/store/machines.ts';

export class SimulatedStore {
  readonly #machines = new Map<string, Machine>();
  /** On how many machines models are to stay loaded. */
  readonly minimums = new Map<string, number>();

  /** `machineIds`: those that were let in. */
  constructor(machineIds: readonly string[]) {
    for (const machineId of machineIds) {
      this.#machines.set(machineId, {
        ...{ machineId, name: machineId, publicKey: `key of ${machineId}`, standing: 'approved', drained: false },
        ...{ labels: [], knownSinceMs: 0 },
      });
    }
  }

  machine(machineId: string): Machine | undefined {
    return this.#machines.get(machineId);
  }

  set(machineId: string, change: Partial<Machine>): void {
    const machine = this.#machines.get(machineId);
    if (machine !== undefined) this.#machines.set(machineId, { ...machine, ...change });
  }

  /** Machines that a gateway which starts now waits for. */
  get expected(): readonly string[] {
    const may = [...this.#machines.values()].filter(({ standing, drained }) => standing === 'approved' && !drained);
    return may.map(({ machineId }) => machineId);
  }
}
