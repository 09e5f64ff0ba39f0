/**
 * What machines said of themselves, kept beside the yard: shown to the owner and, of the findings,
 * to the scheduler. A machine's last word stays while the gateway runs, with its age.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Facts } from '../contract/machine/facts.ts';
import type { Log } from '../transport/log/log.ts';

/** Facts of one machine, JSON characters: ten times what the richest machine we know has. */
export const mostFactsChars = 512 * 1024;

/** As JSON: a fleet's facts are looked at now and then, and take a tenth of the memory so. */
interface Kept {
  readonly name: string;
  /** Deflated: most is told once. */
  readonly facts: Uint8Array;
  readonly live: string;
  /** Of the last word about either, monotonic ms. */
  readonly heardAtMs: number;
}

/** What zlib looks back over, as a power of two: 8 KB are most facts. A larger window compresses no better and costs more to clear away. */
const windowBits = 13;

const nothing = '{}';
const noFacts = pack(nothing);

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

  /** Everything anew: what is not in it is not known any more. False: they are too many, and were dropped. */
  whole(speaker: Speaker, facts: Facts, nowMs: number): boolean {
    const text = this.#text(speaker, facts);
    if (text === undefined) return false;
    this.#machines.set(speaker.machineId, {
      name: speaker.name,
      facts: pack(text),
      live: nothing,
      heardAtMs: nowMs,
    });
    return true;
  }

  /** Of all facts those that change, all of them. */
  live(speaker: Speaker, facts: Facts, nowMs: number): void {
    const text = this.#text(speaker, facts);
    if (text === undefined) return;
    const kept = this.#machines.get(speaker.machineId);
    this.#machines.set(speaker.machineId, {
      name: speaker.name,
      facts: kept?.facts ?? noFacts,
      live: text,
      heardAtMs: nowMs,
    });
  }

  /** Of those some, the others being as they were. */
  changed(speaker: Speaker, facts: Facts, nowMs: number): void {
    const live = this.#machines.get(speaker.machineId)?.live ?? nothing;
    this.live(speaker, { ...JSON.parse(live), ...facts }, nowMs);
  }

  /** Everything known of one machine. */
  of(machineId: string): Facts | undefined {
    const kept = this.#machines.get(machineId);
    return kept === undefined ? undefined : factsOf(kept);
  }

  all(nowMs: number): readonly KnownMachine[] {
    return Array.from(this.#machines, ([machineId, kept]) => ({
      machineId,
      name: kept.name,
      ageMs: nowMs - kept.heardAtMs,
      facts: factsOf(kept),
    }));
  }

  /** Its owner has removed the machine. */
  forget(machineId: string): void {
    this.#machines.delete(machineId);
  }

  /** Undefined when there are too many. */
  #text({ machineId, name }: Speaker, facts: Facts): string | undefined {
    const text = JSON.stringify(facts);
    if (text.length <= mostFactsChars) return text;
    const chars = text.length;
    this.#log.warn('facts of a machine are too large and were dropped', { machine: name, machineId, chars });
    return undefined;
  }
}

function factsOf({ facts, live }: Kept): Facts {
  // Written by us, from facts that were checked when they came.
  return { ...JSON.parse(inflateRawSync(facts, { windowBits }).toString('utf8')), ...JSON.parse(live) };
}

/** 5,000 characters become 1,300 bytes in 40 µs. Copied: what zlib returns is a part of something larger. */
function pack(text: string): Uint8Array {
  return new Uint8Array(deflateRawSync(text, { level: 3, windowBits, memLevel: 6 }));
}
