/**
 * What is wrong with the links of machines, as the gateway alone can see it, kept as facts of those machines: shown as findings
 * like everything else that is wrong with them. A trouble that has not come back for a while is over.
 */
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { KnownMachine } from './machine-facts.ts';

type Kind = 'secondProgram' | 'malformed';

interface Trouble {
  readonly name: string;
  readonly text: string;
  readonly times: number;
  /** Of the last time, monotonic ms. */
  readonly atMs: number;
}

/** A trouble is over when it has not come back for this long, ms: who is refused dials again after half a minute. */
const overAfterMs = 10 * 60_000;
/** A machine whose messages could not be read twice is not let in for this long, ms. */
const unreadableMs = 60_000;

const source = "the gateway's links";

interface Machine {
  readonly machineId: string;
  readonly name: string;
}

export class LinkTroubles {
  readonly #nowMs: () => number;
  readonly #troubles: Readonly<Record<Kind, Map<string, Trouble>>> = { secondProgram: new Map(), malformed: new Map() };

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A second program has shown the key of a machine while the first was at work. */
  sharesKey(machine: Machine, secondAddress: string): void {
    this.#note('secondProgram', machine, secondAddress);
  }

  /** A message of the machine, or one to it, had a shape that the other end cannot read. */
  malformed(machine: Machine, why: string): void {
    this.#note('malformed', machine, why);
  }

  /** Why the machine is not let in for the moment: what it says could not be read again and again. */
  unreadable(machineId: string): string | undefined {
    const trouble = this.#current('malformed', machineId);
    if (trouble === undefined || trouble.times < 2 || this.#nowMs() - trouble.atMs >= unreadableMs) return undefined;
    return trouble.text;
  }

  forget(machineId: string): void {
    for (const troubles of Object.values(this.#troubles)) troubles.delete(machineId);
  }

  /** Machines with what is wrong with their links besides; those that have told nothing are added. */
  addTo(machines: readonly KnownMachine[]): readonly KnownMachine[] {
    const silent = new Map<string, KnownMachine>();
    for (const troubles of Object.values(this.#troubles)) {
      for (const [machineId, { name, atMs }] of troubles) {
        if (this.#nowMs() - atMs < overAfterMs) {
          silent.set(machineId, { machineId, name, ageMs: this.#nowMs() - atMs, facts: {} });
        }
      }
    }
    for (const { machineId } of machines) silent.delete(machineId);
    return [...machines, ...silent.values()].map((machine) => ({
      ...machine,
      facts: { ...machine.facts, ...this.#factsOf(machine.machineId) },
    }));
  }

  #factsOf(machineId: string): Facts {
    return {
      'link.second_program': known(this.#current('secondProgram', machineId)?.text ?? '', source),
      'link.malformed': known(this.#current('malformed', machineId)?.text ?? '', source),
    };
  }

  #note(kind: Kind, { machineId, name }: Machine, text: string): void {
    const times = (this.#current(kind, machineId)?.times ?? 0) + 1;
    this.#troubles[kind].set(machineId, { name, text, times, atMs: this.#nowMs() });
  }

  #current(kind: Kind, machineId: string): Trouble | undefined {
    const trouble = this.#troubles[kind].get(machineId);
    if (trouble === undefined || this.#nowMs() - trouble.atMs < overAfterMs) return trouble;
    this.#troubles[kind].delete(machineId);
    return undefined;
  }
}
