/**
 * Counts prompts for models that are on disk and not loaded: an engine child reads the vocabulary of the file and no weights, in
 * a fraction of a second. One at a time, kept for a minute: a client that counts counts again.
 */
import { EngineError, type RawEngine } from '../contract/engine/raw.ts';
import { ApiFailure, apiError } from '../contract/errors.ts';
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
  /** Aborted: a load under way is given up. */
  readonly leaving: AbortController;
}

const gaveBack = apiError('model_loading', 'This machine gives memory back and counts later; try again.', {
  retryAfterMs: 2_000,
});

export class WeightlessCounts {
  readonly #options: WeightlessCountsOptions;
  #open: Open | undefined;
  /** Counts wait for each other: another model's may need the place of this one's. */
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  /** How often it was closed: whoever waited then starts no new child. */
  #closings = 0;

  constructor(options: WeightlessCountsOptions) {
    this.#options = options;
  }

  /** Rejects with the signal's reason once that is aborted, at the latest when its turn comes. */
  count(modelPath: string, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> {
    const closings = this.#closings;
    const isClosed = (): boolean => closings !== this.#closings;
    const result = this.#turn.then(() => this.#count(modelPath, request, signal, isClosed));
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Gives the memory back: counts that are under way or wait are told to come again. */
  close(): Promise<void> {
    this.#closings += 1;
    return this.#end();
  }

  async #count(
    modelPath: string,
    request: GenerationRequest,
    signal: AbortSignal,
    isClosed: () => boolean,
  ): Promise<CountResult> {
    signal.throwIfAborted();
    if (isClosed()) return { error: gaveBack };
    clearTimeout(this.#idle);
    try {
      if (this.#open?.modelPath !== modelPath) await this.#end();
      if (isClosed()) return { error: gaveBack };
      this.#open ??= this.#start(modelPath, signal);
      const engine = await this.#open.engine;
      const model = readyRawModel({ engine, template: readTemplate(engine.model), sampling: {} });
      return await model.count(request, signal);
    } catch (error) {
      await this.#end();
      signal.throwIfAborted();
      if (isClosed()) return { error: gaveBack };
      if (error instanceof ApiFailure) return { error: error.error };
      if (!(error instanceof EngineError)) throw error;
      return { error: apiError('model_load_failed', `Its vocabulary cannot be read: ${error.failure.message}`) };
    } finally {
      if (this.#open !== undefined) this.#idle = setTimeout(() => void this.#end(), idleMs).unref();
    }
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const open = this.#open;
    this.#open = undefined;
    open?.leaving.abort();
    const engine = await open?.engine.catch(() => undefined);
    await engine?.close();
  }

  #start(modelPath: string, signal: AbortSignal): Open {
    const { guardian, engineProgram } = this.#options;
    const leaving = new AbortController();
    const engine = loadEmbeddedEngine({
      ...{ modelPath, window: 1, slots: 1, threads: 1, gpu: 'off', vocabularyOnly: true, guardian },
      ...(engineProgram === undefined ? {} : { program: engineProgram }),
      signal: AbortSignal.any([leaving.signal, signal]),
    });
    const open = { modelPath, engine, leaving };
    // A child that has died counts nothing more: the next count starts another.
    engine.then(
      ({ closed }) => closed.then(() => this.#forget(open)),
      () => this.#forget(open),
    );
    return open;
  }

  #forget(open: Open): void {
    if (this.#open === open) this.#open = undefined;
  }
}
