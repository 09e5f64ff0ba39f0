/** What the agent knows of its engine, as facts: the present start, and the starts before it. */
import type { LoadedModel } from '../contract/engine/raw.ts';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { engineFacts } from './engine-facts.ts';
import { EngineHistory } from './engine-history.ts';
import { expectedPerSecond, type SpeedState, speedFacts, withSpeed } from './speed-ratio.ts';

/** Of the file of a model that is loaded. */
export interface LoadedFile {
  readonly digest: string;
  readonly weightBytes: number;
}

export interface OwnEngine {
  readonly facts: Facts;
  /** Of these what changes while it works. */
  readonly liveFacts: Facts;
  /** A load went well; `machine` is what is known of the machine by now. */
  loaded(model: LoadedModel, file: LoadedFile, machine: Facts | undefined): void;
  /** An answer was written at this speed, tokens per second. */
  wrote(perSecond: number, file: LoadedFile): void;
  /** How long a model would take to load, ms: as long as last time, else guessed from its size. */
  expectedLoadMs(file: LoadedFile): number;
}

/** A new best is written down when it is this much better: not after every answer. */
const worthWriting = 1.02;

/** Guessed until a model has been loaded here once: the start of a process, and what a plain SSD reads. */
const guessedStartMs = 500;
const guessedBytesPerMs = 500_000;

/** Without a file, nothing is kept over restarts. */
export function ownEngine(historyFile: string | undefined): OwnEngine {
  const history = historyFile === undefined ? undefined : new EngineHistory(historyFile);
  /** Of this run, where nothing is kept. */
  const loadMs = new Map<string, number>();
  let present: Facts = {};
  /** The model that was loaded last: the speed told is its own. */
  let presentDigest: string | undefined;
  let speed: SpeedState = { best: undefined, expected: undefined, recent: [] };
  return {
    get facts() {
      return { ...present, ...history?.facts(), ...speedFacts(speed) };
    },
    get liveFacts() {
      return speedFacts(speed);
    },
    loaded(model, { digest, weightBytes }, machine) {
      present = engineFacts(model);
      presentDigest = digest;
      loadMs.set(digest, model.loadMs);
      const onGpu = (model.device?.offloadedLayers ?? 0) > 0;
      const driver = knownValue(machine?.['nvidia.driver']) ?? knownValue(machine?.['amd.driver']);
      history?.loaded({ model: digest, build: model.build, loadMs: model.loadMs }, onGpu ? driver : undefined);
      const expected = expectedPerSecond(model.device, weightBytes, machine);
      speed = { best: history?.bestPerSecond, expected, recent: [] };
    },
    wrote(perSecond, { digest }) {
      if (digest !== presentDigest) return;
      speed = withSpeed(speed, perSecond);
      const { best } = speed;
      if (best !== undefined && best > (history?.bestPerSecond ?? 0) * worthWriting) history?.reached(best);
    },
    expectedLoadMs: ({ digest, weightBytes }) =>
      loadMs.get(digest) ?? history?.lastLoadMs(digest) ?? guessedStartMs + Math.round(weightBytes / guessedBytesPerMs),
  };
}
