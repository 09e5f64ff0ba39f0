/**
 * What starts of engines were like on this machine, kept over restarts in the data directory: how long a model took to
 * load, the best speed it wrote at, and which GPU driver was there when one last loaded. Loads of two kinds are kept
 * apart. A first one (since the machine started, or since file or driver changed) reads the disk and may compile for the
 * GPU; a later one finds the file in memory and the code compiled. Routing foresees the next load by its kind; the
 * checks later-load-slower, slower-than-before and driver-changed live on the rest. A file that cannot be read is begun
 * anew; one that cannot be written costs these checks and nothing else.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { LoadTimes } from '../contract/link/load-times.ts';
import { known } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';

const HistorySchema = Type.Object({
  lastGoodDriver: Type.Optional(Type.String()),
  /** By model, build and device: other ones load at another pace. */
  loads: Type.Record(
    Type.String(),
    Type.Object({
      /** The latest of each kind. */
      firstMs: Type.Integer({ minimum: 0 }),
      laterMs: Type.Optional(Type.Integer({ minimum: 0 })),
      /** Under which conditions it loaded last; histories of older agents do not say. */
      systemStartMs: Type.Optional(Type.Number()),
      fileModifiedAtMs: Type.Optional(Type.Number()),
      driver: Type.Optional(Type.String()),
      bestPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    }),
  ),
});
type History = Static<typeof HistorySchema>;

/** Models come and go; the oldest are forgotten beyond this. */
const mostLoads = 200;
/** Two readings of one start of the system differ by no more, ms: clocks are put right. */
const sameStartMs = 60_000;

/** What a load must have in common with the one before to find its work done. */
export interface LoadConditions {
  /** When the operating system started, epoch ms. */
  readonly systemStartMs: number;
  readonly fileModifiedAtMs: number;
  /** Of the GPU; undefined on the processor. */
  readonly driver: string | undefined;
}

export interface EngineLoad extends LoadConditions {
  /** Digest of the model. */
  readonly model: string;
  /** Build and device, as the engine calls them. */
  readonly build: string;
  readonly loadMs: number;
}

export class EngineHistory {
  /** Undefined: it is good until the process ends. */
  readonly #file: string | undefined;
  /** As it was when this process started: what this start is held against. */
  readonly #lastGoodDriver: string | undefined;
  #history: History;
  #present: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
    this.#history = file === undefined ? { loads: {} } : read(file);
    this.#lastGoodDriver = this.#history.lastGoodDriver;
  }

  /** A model is ready. */
  loaded({ model, build, loadMs, systemStartMs, fileModifiedAtMs, driver }: EngineLoad): void {
    const key = `${model} ${build}`;
    const { [key]: before, ...others } = this.#history.loads;
    const isLater = before !== undefined && finds(before, { systemStartMs, fileModifiedAtMs, driver });
    const times = isLater
      ? { firstMs: before.firstMs, laterMs: loadMs }
      : { firstMs: loadMs, ...(before?.laterMs === undefined ? {} : { laterMs: before.laterMs }) };
    const load = {
      ...times,
      ...{ systemStartMs, fileModifiedAtMs },
      ...(driver === undefined ? {} : { driver }),
      ...(before?.bestPerSecond === undefined ? {} : { bestPerSecond: before.bestPerSecond }),
    };
    // The newest last, so that the oldest are first.
    const loads = Object.fromEntries([...Object.entries(others), [key, load] as const].slice(-mostLoads));
    this.#history = { ...this.#history, loads, ...(driver === undefined ? {} : { lastGoodDriver: driver }) };
    this.#present = key;
    this.#write();
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
    this.#write();
  }

  /**
   * What loads of the model took here, whatever build it was last, and of which kind the next one is. A driver is held
   * against the one before only where it is known and the model was on a GPU.
   */
  loadTimes(model: string, now: LoadConditions): LoadTimes {
    // The newest is the last.
    const [, load] = Object.entries(this.#history.loads).findLast(([key]) => key.startsWith(`${model} `)) ?? [];
    if (load === undefined) return { next: 'first' };
    const { firstMs, laterMs } = load;
    const driver = load.driver === undefined ? undefined : (now.driver ?? load.driver);
    const next = finds(load, { ...now, driver }) ? 'later' : 'first';
    return { firstMs, ...(laterMs === undefined ? {} : { laterMs }), next };
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

  #write(): void {
    if (this.#file !== undefined) write(this.#file, this.#history);
  }
}

/** Whether a load under the conditions of now finds done what one before has done. */
function finds(before: History['loads'][string], now: LoadConditions): boolean {
  return (
    before.systemStartMs !== undefined &&
    Math.abs(before.systemStartMs - now.systemStartMs) <= sameStartMs &&
    before.fileModifiedAtMs === now.fileModifiedAtMs &&
    before.driver === now.driver
  );
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
