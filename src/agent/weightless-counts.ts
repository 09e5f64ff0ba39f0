/**
 * Counts prompts for models that are on disk and not loaded: an engine child reads the vocabulary of the file and no weights, in
 * a fraction of a second. One at a time, kept for a minute: a client that counts counts again.
 */
import { EngineError, type RawEngine } from '../contract/engine/raw.ts';
import { apiError } from '../contract/errors.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import { loadEmbeddedEngine } from '../engines/embedded/embedded-engine.ts';
import type { Guardian } from '../engines/guardian/guardian.ts';
import { readTemplate } from '../translate/prompt/template.ts';
import { readyRawModel } from './raw-model.ts';
import type { CountResult } from './ready-model.ts';

/** What must be free for such a child, bytes: 134 MB were seen with a small vocabulary; what 250,000 tokens add is a guess. */
export const vocabularyBytes = 384 * 1024 * 1024;
/** Nobody has counted for so long: the memory is given back, ms. */
const idleMs = 60_000;

export interface WeightlessCountsOptions {
  readonly guardian: Guardian;
  /** Another engine program that speaks the same IPC. */
  readonly engineProgram?: string;
}

interface Open {
  readonly modelPath: string;
  readonly engine: Promise<RawEngine>;
}

export class WeightlessCounts {
  readonly #options: WeightlessCountsOptions;
  #open: Open | undefined;
  /** Counts wait for each other: another model's may need the place of this one's. */
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: WeightlessCountsOptions) {
    this.#options = options;
  }

  count(modelPath: string, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> {
    const result = this.#turn.then(() => this.#count(modelPath, request, signal));
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Gives the memory back; a count under way fails. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const open = this.#open;
    this.#open = undefined;
    const engine = await open?.engine.catch(() => undefined);
    await engine?.close();
  }

  async #count(modelPath: string, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> {
    clearTimeout(this.#idle);
    try {
      if (this.#open?.modelPath !== modelPath) await this.close();
      this.#open ??= { modelPath, engine: this.#start(modelPath) };
      const engine = await this.#open.engine;
      const model = readyRawModel({ engine, template: readTemplate(engine.model), sampling: {} });
      return await model.count(request, signal);
    } catch (error) {
      await this.close();
      if (!(error instanceof EngineError)) throw error;
      return { error: apiError('model_load_failed', `Its vocabulary cannot be read: ${error.failure.message}`) };
    } finally {
      this.#idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  #start(modelPath: string): Promise<RawEngine> {
    const { guardian, engineProgram } = this.#options;
    return loadEmbeddedEngine({
      ...{ modelPath, window: 1, slots: 1, threads: 1, gpu: 'off', vocabularyOnly: true, guardian },
      ...(engineProgram === undefined ? {} : { program: engineProgram }),
    });
  }
}
