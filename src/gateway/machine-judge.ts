/**
 * How machines are judged by what they say of themselves. Told of each fact that comes; looks at the landmines only
 * when one has changed that they looked at before.
 */
import type { Facts } from '../contract/machine/facts.ts';
import { noteLooks } from '../landmines/index.ts';
import type { Log } from '../transport/log/log.ts';
import type { YardEvent } from '../yard/events.ts';
import type { MachineFacts } from './machine-facts.ts';
import { noVerdict, type Verdict, verdictOn } from './machine-findings.ts';
import type { MachineSession } from './machine-links.ts';

type Speaker = Pick<MachineSession, 'machineId' | 'name' | 'judgement'>;

/** What was judged last, and by what. */
export interface Judgement {
  /** Monotonic ms. */
  atMs: number;
  /** It stands while no fact of these names changes; undefined: nothing was judged so far. */
  judgedBy: ReadonlySet<string> | undefined;
  /** One of them has changed since. */
  isStale: boolean;
}

export const notJudged = (): Judgement => ({ atMs: Number.NEGATIVE_INFINITY, judgedBy: undefined, isStale: false });

/** How often facts that change all the time are judged, ms: a little more often than agents tell them. */
const intervalMs = 25_000;
/** Kinds of machines whose names are kept once; a fleet has a few. */
const mostKinds = 100;

export class MachineJudge {
  readonly #facts: MachineFacts;
  readonly #log: Log;
  readonly #tell: (event: YardEvent & { type: 'machine-judged' }) => void;
  /** Machines that are alike share one set: thousands of them have it in memory once. */
  readonly #kinds = new Map<string, ReadonlySet<string>>();

  constructor(facts: MachineFacts, log: Log, tell: (event: YardEvent & { type: 'machine-judged' }) => void) {
    this.#facts = facts;
    this.#log = log;
    this.#tell = tell;
  }

  /** All facts of a machine. */
  whole(machine: Speaker, facts: Facts, nowMs: number): void {
    if (this.#facts.whole(machine, facts, nowMs)) this.#judge(machine, facts, nowMs);
  }

  /** All of those that change. */
  live(machine: Speaker, facts: Facts, nowMs: number): void {
    this.#facts.live(machine, facts, nowMs);
    machine.judgement.isStale = true;
    this.heard(machine, nowMs);
  }

  /** Those that have changed. */
  changed(machine: Speaker, facts: Facts, nowMs: number): void {
    this.#facts.changed(machine, facts, nowMs);
    const { judgement } = machine;
    const { judgedBy } = judgement;
    judgement.isStale ||= judgedBy === undefined || Object.keys(facts).some((name) => judgedBy.has(name));
    this.heard(machine, nowMs);
  }

  /** With every beat: what was told soon after the last judgement is judged now, if it is time. */
  heard(machine: Speaker, nowMs: number): void {
    const { isStale, atMs } = machine.judgement;
    if (!isStale || nowMs - atMs < intervalMs) return;
    this.#judge(machine, this.#facts.of(machine.machineId) ?? {}, nowMs);
  }

  #judge(machine: Speaker, known: Facts, nowMs: number): void {
    const { machineId, judgement } = machine;
    const looked = new Set<string>();
    this.#tell({ type: 'machine-judged', machineId, ...this.#verdict(machine, noteLooks(known, looked)) });
    judgement.isStale = false;
    judgement.atMs = nowMs;
    judgement.judgedBy = this.#once(looked);
  }

  #verdict({ machineId, name }: Speaker, facts: Facts): Verdict {
    try {
      return verdictOn(facts);
    } catch (error) {
      // A value may have another shape than this build knows: from a newer agent, or one that lies.
      const why = String(error).slice(0, 200);
      this.#log.warn('facts of a machine could not be read: it is not judged by them', {
        machine: name,
        machineId,
        why,
      });
      return noVerdict;
    }
  }

  #once(looked: ReadonlySet<string>): ReadonlySet<string> {
    const key = [...looked].join(' ');
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    if (this.#kinds.size >= mostKinds) this.#kinds.clear();
    this.#kinds.set(key, looked);
    return looked;
  }
}
