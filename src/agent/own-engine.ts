/** What the agent knows of its engine, as facts: the present start, and the starts before it. */
import type { LoadedModel } from '../contract/engine/raw.ts';
import type { LoadTimes } from '../contract/link/load-times.ts';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { systemStartMs as readSystemStartMs } from '../machine/host/system-start.ts';
import { engineFacts } from './engine-facts.ts';
import { EngineHistory, type LoadConditions } from './engine-history.ts';
import { expectedPerSecond, type SpeedState, speedFacts, withSpeed } from './speed-ratio.ts';

/** Of the file of a model that is loaded. */
export interface LoadedFile {
  readonly digest: string;
  readonly weightBytes: number;
  readonly modifiedAtMs: number;
}

/** What a load would take. */
export interface ExpectedLoad {
  readonly times: LoadTimes;
  /** The next one, ms: as measured for its kind; else as for the other, else guessed from the size of the weights. */
  readonly ms: number;
  /** One after that, ms: with the file in memory. */
  readonly againMs: number;
}

export interface OwnEngine {
  readonly facts: Facts;
  /** Of these what changes while it works. */
  readonly liveFacts: Facts;
  /** A load went well; `machine` is what is known of the machine by now. */
  loaded(model: LoadedModel, file: LoadedFile, machine: Facts | undefined): void;
  /** An answer was written at this speed, tokens per second. */
  wrote(perSecond: number, file: LoadedFile): void;
  expectedLoad(file: LoadedFile, machine: Facts | undefined): ExpectedLoad;
}

/** A new best is written down when it is this much better: not after every answer. */
const worthWriting = 1.02;

/** Guessed until a model has been loaded here once: the start of a process, and what a plain SSD reads. */
const guessedStartMs = 500;
const guessedBytesPerMs = 500_000;

/** Without a file, nothing is kept over restarts. `systemStartMs`: another machine's, for tests. */
export function ownEngine(historyFile: string | undefined, systemStartMs = readSystemStartMs): OwnEngine {
  const history = new EngineHistory(historyFile);
  let present: Facts = {};
  /** The model that was loaded last: the speed told is its own. */
  let presentDigest: string | undefined;
  let speed: SpeedState = { best: undefined, expected: undefined, recent: [] };
  return {
    get facts() {
      return { ...present, ...history.facts(), ...speedFacts(speed) };
    },
    get liveFacts() {
      return speedFacts(speed);
    },
    loaded(model, file, machine) {
      const { digest, weightBytes } = file;
      present = engineFacts(model);
      presentDigest = digest;
      const onGpu = (model.device?.offloadedLayers ?? 0) > 0;
      const { driver, ...conditions } = conditionsOf(file, machine, systemStartMs());
      const load = { model: digest, build: model.build, loadMs: model.loadMs };
      history.loaded({ ...load, ...conditions, driver: onGpu ? driver : undefined });
      const expected = expectedPerSecond(model.device, weightBytes, machine);
      speed = { best: history.bestPerSecond, expected, recent: [] };
    },
    wrote(perSecond, { digest }) {
      if (digest !== presentDigest) return;
      speed = withSpeed(speed, perSecond);
      const { best } = speed;
      if (best !== undefined && best > (history.bestPerSecond ?? 0) * worthWriting) history.reached(best);
    },
    expectedLoad(file, machine) {
      const times = history.loadTimes(file.digest, conditionsOf(file, machine, systemStartMs()));
      const { firstMs = guessedStartMs + Math.round(file.weightBytes / guessedBytesPerMs), laterMs = firstMs } = times;
      return { times, ms: times.next === 'first' ? firstMs : laterMs, againMs: laterMs };
    },
  };
}

const conditionsOf = (file: LoadedFile, machine: Facts | undefined, systemStartMs: number): LoadConditions => ({
  systemStartMs,
  fileModifiedAtMs: file.modifiedAtMs,
  driver: knownValue(machine?.['nvidia.driver']) ?? knownValue(machine?.['amd.driver']),
});
