/** What the models of this machine are served by: files, the owner's wishes, and the agent around them. */
import type { LoadedModel } from '../contract/engine/raw.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { GgufFacts } from '../engines/gguf/gguf-facts.ts';
import type { Guardian } from '../engines/guardian/guardian.ts';
import type { Log } from '../transport/log/log.ts';
import type { ModelFile } from './model-files.ts';
import type { ExpectedLoad, LoadedFile } from './own-engine.ts';
import type { ReadyModel } from './ready-model.ts';

export interface OwnModelsOptions {
  readonly files: readonly ModelFile[];
  /** Ids of models to load at the start, besides those whose files were named. */
  readonly preload?: readonly string[];
  /** What all models together may take, bytes; otherwise what is free. */
  readonly memoryBytes?: number;
  /** A model that nobody asked for this long is unloaded, ms; otherwise it stays. */
  readonly unloadAfterMs?: number;
  readonly pinsFile?: string;
  readonly guardian: Guardian;
  readonly log: Log;
  /** Wishes of the owner; otherwise what fits the machine. */
  readonly contextWindow?: number;
  readonly slots?: number;
  readonly threads?: number;
  readonly engineProgram?: string;
  /** What is known of the machine, as soon as it is; `{}` when that takes too long. */
  machineFacts(): Promise<Facts>;
  /** How long a model would take to load here. */
  expectedLoad(model: GgufFacts): ExpectedLoad;
  /** Slots of a ready model that hold a ticket. */
  busySlots(model: ReadyModel): number;
  onLoaded?(model: LoadedModel, file: LoadedFile): void;
  /** An answer was written at this speed, tokens per second. */
  onDecode?(perSecond: number, file: LoadedFile): void;
  onChange(): void;
  /** Another clock, ms, and how often idle models are looked at by it: for tests, which do not wait for minutes. */
  readonly nowMs?: () => number;
  readonly lookMs?: number;
}
