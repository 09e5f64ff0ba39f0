/**
 * What machines said of themselves, kept beside the yard: shown to the owner and, of the findings,
 * to the scheduler. A machine's last word stays while the gateway runs, with its age.
 */
import type { Facts } from '../contract/machine/facts.ts';
import type { Log } from '../transport/log/log.ts';

/** Facts of one machine, JSON characters: ten times what the richest machine we know has. */
export const mostFactsChars = 512 * 1024;

interface Kept {
  readonly name: string;
  facts: Facts;
  live: Facts;
  /** Of the last word about either, monotonic ms. */
  heardAtMs: number;
}

interface Speaker {
  readonly machineId: string;
  readonly name: string;
}

export interface KnownMachine {
  readonly machineId: string;
  readonly name: string;
  /** Since its last word, ms. */
  readonly ageMs: number;
  readonly facts: Facts;
}

export class MachineFacts {
  readonly #machines = new Map<string, Kept>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Everything anew: what is not in it is not known any more. */
  whole(speaker: Speaker, facts: Facts, nowMs: number): void {
    if (this.#tooLarge(speaker, facts)) return;
    this.#machines.set(speaker.machineId, { name: speaker.name, facts, live: {}, heardAtMs: nowMs });
  }

  /** Of all facts those that change. */
  live(speaker: Speaker, facts: Facts, nowMs: number): void {
    if (this.#tooLarge(speaker, facts)) return;
    const kept = this.#machines.get(speaker.machineId);
    this.#machines.set(speaker.machineId, {
      name: speaker.name,
      facts: kept?.facts ?? {},
      live: facts,
      heardAtMs: nowMs,
    });
  }

  /** Everything known of one machine. */
  of(machineId: string): Facts | undefined {
    const kept = this.#machines.get(machineId);
    return kept === undefined ? undefined : { ...kept.facts, ...kept.live };
  }

  all(nowMs: number): readonly KnownMachine[] {
    return Array.from(this.#machines, ([machineId, { name, facts, live, heardAtMs }]) => ({
      machineId,
      name,
      ageMs: nowMs - heardAtMs,
      facts: { ...facts, ...live },
    }));
  }

  #tooLarge({ machineId, name }: Speaker, facts: Facts): boolean {
    const chars = JSON.stringify(facts).length;
    if (chars <= mostFactsChars) return false;
    this.#log.warn('facts of a machine are too large and were dropped', { machine: name, machineId, chars });
    return true;
  }
}
