/**
 * What starts of engines were like on this machine, kept over restarts in the data directory: how long a
 * model took to load the first time and later, the best speed it wrote at, and which GPU driver was there
 * when one last loaded. The checks later-load-slower, slower-than-before and driver-changed live on it. A file that cannot be read is begun anew; one
 * that cannot be written costs these checks and nothing else.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';

const HistorySchema = Type.Object({
  lastGoodDriver: Type.Optional(Type.String()),
  /** By model, build and device: other ones load at another pace. */
  loads: Type.Record(
    Type.String(),
    Type.Object({
      firstMs: Type.Number({ minimum: 0 }),
      laterMs: Type.Optional(Type.Number({ minimum: 0 })),
      bestPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    }),
  ),
});
type History = Static<typeof HistorySchema>;

/** Models come and go; the oldest are forgotten beyond this. */
const mostLoads = 200;

export interface EngineLoad {
  /** Digest of the model. */
  readonly model: string;
  /** Build and device, as the engine calls them. */
  readonly build: string;
  readonly loadMs: number;
}

export class EngineHistory {
  readonly #file: string;
  /** As it was when this process started: what this start is held against. */
  readonly #lastGoodDriver: string | undefined;
  #history: History;
  #present: string | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#history = read(file);
    this.#lastGoodDriver = this.#history.lastGoodDriver;
  }

  /** A model is ready. `driver` is that of the GPU it is on; undefined on the processor. */
  loaded({ model, build, loadMs }: EngineLoad, driver: string | undefined): void {
    const key = `${model} ${build}`;
    const { [key]: before, ...others } = this.#history.loads;
    const load = before === undefined ? { firstMs: loadMs } : { ...before, laterMs: loadMs };
    // The newest last, so that the oldest are first.
    const loads = Object.fromEntries([...Object.entries(others), [key, load] as const].slice(-mostLoads));
    this.#history = { ...this.#history, loads, ...(driver === undefined ? {} : { lastGoodDriver: driver }) };
    this.#present = key;
    write(this.#file, this.#history);
  }

  /** The best speed the present model has written at here, tokens per second. */
  get bestPerSecond(): number | undefined {
    return this.#present === undefined ? undefined : this.#history.loads[this.#present]?.bestPerSecond;
  }

  /** The present model has written faster than ever. */
  reached(bestPerSecond: number): void {
    const load = this.#present === undefined ? undefined : this.#history.loads[this.#present];
    if (this.#present === undefined || load === undefined) return;
    const loads = { ...this.#history.loads, [this.#present]: { ...load, bestPerSecond } };
    this.#history = { ...this.#history, loads };
    write(this.#file, this.#history);
  }

  /** How long the model took to load here last time, whatever build it was, ms; undefined: it never was. */
  lastLoadMs(model: string): number | undefined {
    // The newest is the last.
    const [, load] = Object.entries(this.#history.loads).findLast(([key]) => key.startsWith(`${model} `)) ?? [];
    return load === undefined ? undefined : (load.laterMs ?? load.firstMs);
  }

  facts(): Facts {
    const source = 'engine-history.json';
    const load = this.#present === undefined ? undefined : this.#history.loads[this.#present];
    return {
      ...(this.#lastGoodDriver === undefined ? {} : { 'engine.last_good_driver': known(this.#lastGoodDriver, source) }),
      ...(load === undefined ? {} : { 'engine.first_load_ms': known(load.firstMs, source) }),
      ...(load?.laterMs === undefined ? {} : { 'engine.later_load_ms': known(load.laterMs, source) }),
    };
  }
}

function read(file: string): History {
  try {
    const history: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(HistorySchema, history) ? history : { loads: {} };
  } catch {
    return { loads: {} };
  }
}

function write(file: string, history: History): void {
  try {
    // Renamed into place: a crash leaves the old file or the new one.
    writeFileSync(`${file}.new`, `${JSON.stringify(history, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // A full disk is told by low-disk; an engine that runs goes on.
  }
}
