/**
 * One model on this machine: loads it in an engine child, starts it again when it crashes, and
 * knows at any time what to tell the gateway about it.
 */
import { availableParallelism, freemem, totalmem } from 'node:os';
import { basename } from 'node:path';
import { EngineError, type EngineFailure, type LoadedModel } from '../contract/engine/raw.ts';
import { type ApiError, ApiFailure, apiError } from '../contract/errors.ts';
import type { Artefact, MachineModel } from '../contract/link/messages.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { modelName } from '../contract/model-name.ts';
import { loadEmbeddedEngine } from '../engines/embedded/embedded-engine.ts';
import { installedBuilds } from '../engines/embedded/installed-builds.ts';
import { type GgufFacts, readGgufFacts } from '../engines/gguf/gguf-facts.ts';
import type { Guardian } from '../engines/guardian/guardian.ts';
import { nextRestart } from '../engines/restart-policy.ts';
import { checkAll, effectsOf } from '../landmines/index.ts';
import { readTemplate } from '../translate/prompt/template.ts';
import { nowMs } from '../transport/clock.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import { timedEngine } from './decode-speed.ts';
import { planLoad } from './load-plan.ts';
import type { ModelFile } from './own-engine.ts';
import { type RawModel, readyRawModel } from './raw-model.ts';
import type { ModelSource, ReadyModel } from './ready-model.ts';

export interface ModelHostOptions {
  readonly modelPath: string;
  readonly guardian: Guardian;
  readonly log: Log;
  /** Wishes of the owner; otherwise what fits the machine. */
  readonly contextWindow?: number;
  readonly slots?: number;
  /** Another engine program that speaks the same IPC. */
  readonly engineProgram?: string;
  /** What is known of the machine, as soon as it is; `{}` when that takes too long. */
  machineFacts(): Promise<Facts>;
  /** A load that went well. */
  onLoaded?(model: LoadedModel, file: ModelFile): void;
  /** An answer was written at this speed, tokens per second. */
  onDecode?(perSecond: number): void;
  /** Called when `describe()` would answer differently. */
  onChange(): void;
}

type State =
  /** Unloaded to give memory back. */
  | { readonly status: 'resting'; readonly because: string }
  | { readonly status: 'loading'; readonly fraction: number }
  | { readonly status: 'ready'; readonly raw: RawModel; readonly ready: ReadyModel }
  | { readonly status: 'failed'; readonly error: ApiError };

export class ModelHost implements ModelSource {
  readonly #options: ModelHostOptions;
  readonly #stopping = new AbortController();
  /** Times of crashes, oldest first, and which load of the model each of them ended. */
  #crashes: { readonly atMs: number; readonly model: ReadyModel | undefined }[] = [];
  #state: State = { status: 'loading', fraction: 0 };
  #facts: GgufFacts | undefined;
  #running: Promise<void> | undefined;
  /** From when it is told to rest until it has woken. */
  #rest: Rest | undefined;

  constructor(options: ModelHostOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  find(id: string): ReadyModel | undefined {
    return id === this.#id ? this.#ready : undefined;
  }

  /** The model's name in the yard; until the file has been read, as its file name tells it. */
  get #id(): string {
    return modelName({ name: this.#options.modelPath, quantisation: this.#facts?.quantisation ?? null });
  }

  get #ready(): ReadyModel | undefined {
    return this.#state.status === 'ready' ? this.#state.ready : undefined;
  }

  /** Nothing while the file is being read for the first time. */
  describe(busySlots: (model: ReadyModel) => number): readonly MachineModel[] {
    const model = this.#describe();
    const ready = this.#ready;
    return model === null ? [] : [{ ...model, busySlots: ready === undefined ? 0 : busySlots(ready) }];
  }

  #describe(): Omit<MachineModel, 'busySlots'> | null {
    const facts = this.#facts;
    const state = this.#state;
    if (facts === undefined && state.status !== 'failed') return null;
    const base = {
      id: this.#id,
      // A file that cannot be read has no identity.
      digest: facts?.digest ?? '',
      artefact: artefactOf(this.#options.modelPath, facts),
      displayName: facts?.name ?? this.#id,
      window: 0,
      slots: 0,
      thinking: false,
      tools: false,
      createdAtMs: facts?.modifiedAtMs ?? 0,
    };
    if (state.status === 'resting') return { ...base, status: 'loading', loadFraction: 0 };
    if (state.status === 'loading') return { ...base, status: 'loading', loadFraction: state.fraction };
    if (state.status === 'failed') return { ...base, status: 'failed', failure: state.error };
    const { engine, template } = state.raw;
    return {
      ...base,
      status: 'ready',
      window: engine.model.window,
      slots: engine.model.slots,
      thinking: template.thinking,
      tools: template.tools,
    };
  }

  /** Why the model cannot serve, as a sentence. */
  unavailableBecause(id: string): string | undefined {
    if (id !== this.#id) return undefined;
    if (this.#state.status === 'failed') return this.#state.error.message;
    if (this.#state.status === 'resting') return `The model was unloaded: ${this.#state.because}.`;
    return 'The model is still loading.';
  }

  rest(because: string): void {
    if (this.#isResting || this.#state.status === 'failed') return;
    this.#rest = { isOver: false, ...Promise.withResolvers<void>() };
    const { raw } = this.#state.status === 'ready' ? this.#state : { raw: undefined };
    this.#set({ status: 'resting', because });
    // Not politely: the memory is needed now.
    void raw?.engine.close();
  }

  wake(): void {
    if (this.#rest === undefined) return;
    this.#rest.isOver = true;
    this.#rest.resolve();
  }

  get #isResting(): boolean {
    return this.#rest !== undefined && !this.#rest.isOver;
  }

  /** The crash that ended this load does not count: the request was at fault, not the model. */
  forgiveCrash(model: ReadyModel): void {
    this.#crashes = this.#crashes.filter((crash) => crash.model !== model);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    if (this.#state.status === 'ready') await this.#state.raw.engine.close();
    await this.#running;
  }

  #set(state: State): void {
    this.#state = state;
    this.#options.onChange();
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const failure = await this.#serveUntilFailure();
      if (this.#stopping.signal.aborted) return;
      if (this.#rest !== undefined) {
        await this.#rested();
        continue;
      }
      log.error('engine stopped', { model: this.#id, code: failure.code, reason: failure.message });
      if (!restartable.has(failure.code)) {
        this.#set({ status: 'failed', error: apiError('model_load_failed', failure.message) });
        return;
      }
      const atMs = nowMs();
      this.#crashes.push({ atMs, model: this.#ready });
      const crashesMs = this.#crashes.map((crash) => crash.atMs);
      const { delayMs, quarantined } = nextRestart(crashesMs, atMs);
      if (quarantined) {
        const rest = Math.round(delayMs / 60_000);
        const message = `The engine of this model failed ${crashesMs.length} times and is left alone for ${rest} minutes (last: ${failure.message}). Restart the agent to try at once.`;
        this.#set({ status: 'failed', error: apiError('model_load_failed', message) });
        this.#crashes = [];
      } else this.#set({ status: 'loading', fraction: 0 });
      await pause(delayMs, this.#stopping.signal);
    }
  }

  /** Waits until nobody wants it to rest any more; it may be told again while it wakes. */
  async #rested(): Promise<void> {
    for (let rest = this.#rest; rest !== undefined; rest = this.#rest) {
      await rest.promise;
      if (this.#rest === rest) this.#rest = undefined;
    }
    this.#set({ status: 'loading', fraction: 0 });
  }

  /** Loads the model and stays until its engine is gone; says why it went or never came. */
  async #serveUntilFailure(): Promise<EngineFailure> {
    try {
      const raw = await this.#load();
      const { build, loadMs, window, slots } = raw.engine.model;
      const { family, tools } = raw.template;
      const found = { build, loadMs, window, slots, format: family.id, tools };
      this.#options.log.info('model ready', { model: this.#id, ...found });
      if (this.#facts !== undefined) this.#options.onLoaded?.(raw.engine.model, this.#facts);
      // It was told to rest while it loaded.
      if (this.#isResting) await raw.engine.close();
      else this.#set({ status: 'ready', raw, ready: readyRawModel(raw) });
      return await raw.engine.closed;
    } catch (error) {
      return failureOf(error);
    }
  }

  async #load(): Promise<RawModel> {
    const { modelPath, contextWindow, slots, engineProgram, guardian, log, machineFacts } = this.#options;
    this.#facts ??= await readGgufFacts(modelPath);
    const node = { totalBytes: totalmem(), freeBytes: freemem() };
    const machine = await machineFacts();
    const load = planLoad(this.#facts, machine, usableBuilds(machine), node, {
      cores: availableParallelism(),
      ...(contextWindow === undefined ? {} : { window: contextWindow }),
      ...(slots === undefined ? {} : { slots }),
    });
    if (!load.ok) throw new EngineError(load.failure);
    for (const note of load.notes) log.warn(note, { model: this.#id });
    const engine = await loadEmbeddedEngine({
      modelPath,
      ...load.plan,
      gpu: load.gpu,
      guardian,
      signal: this.#stopping.signal,
      ...(engineProgram === undefined ? {} : { program: engineProgram }),
      onProgress: (fraction: number) => {
        if (!this.#isResting) this.#set({ status: 'loading', fraction });
      },
    });
    try {
      const timed = timedEngine(engine, nowMs, (perSecond) => this.#options.onDecode?.(perSecond));
      return { engine: timed, template: readTemplate(engine.model), sampling: this.#facts.sampling };
    } catch (error) {
      await engine.close();
      throw error;
    }
  }
}

/** The file, as the yard is told of it. */
function artefactOf(path: string, facts: GgufFacts | undefined): Artefact {
  const name = basename(path);
  if (facts === undefined) return { format: 'gguf', name };
  const { quantisation, parameters, activeParameters } = facts;
  return {
    format: 'gguf',
    name,
    ...(quantisation === 'unknown' ? {} : { quantisation }),
    parameters,
    ...(activeParameters === parameters ? {} : { activeParameters }),
  };
}

/** Builds that nothing known of the machine speaks against. */
function usableBuilds(facts: Facts): readonly string[] {
  const { barredBackends } = effectsOf(checkAll(facts));
  return installedBuilds().filter((build) => !Object.hasOwn(barredBackends, build));
}

interface Rest extends PromiseWithResolvers<void> {
  isOver: boolean;
}

/** Faults that another start may cure; the others are in the file or in what was asked for. */
const restartable: ReadonlySet<EngineFailure['code']> = new Set(['crashed', 'stalled', 'internal', 'memory']);

function failureOf(thrown: unknown): EngineFailure {
  if (thrown instanceof EngineError) return thrown.failure;
  if (thrown instanceof ApiFailure) return { code: 'model-unsupported', message: thrown.error.message };
  return { code: 'internal', message: `The engine could not be started: ${String(thrown)}` };
}
