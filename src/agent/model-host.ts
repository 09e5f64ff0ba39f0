/**
 * One model file on this machine: loads it in an engine child when it is told to, starts it again when it crashes,
 * and knows at any time what to tell the gateway about it. Whether there is room for it is decided by `own-models.ts`.
 */
import { basename } from 'node:path';
import { EngineError, type EngineFailure, type LoadedModel } from '../contract/engine/raw.ts';
import { type ApiError, ApiFailure, apiError } from '../contract/errors.ts';
import type { Artefact, MachineModel } from '../contract/link/messages.ts';
import { modelName } from '../contract/model-name.ts';
import { loadEmbeddedEngine } from '../engines/embedded/embedded-engine.ts';
import { type GgufFacts, readGgufFacts } from '../engines/gguf/gguf-facts.ts';
import type { Guardian } from '../engines/guardian/guardian.ts';
import { nextRestart } from '../engines/restart-policy.ts';
import { readTemplate } from '../translate/prompt/template.ts';
import { nowMs as clockMs } from '../transport/clock.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import { timedEngine } from './decode-speed.ts';
import { type LoadForm, rungAfter } from './load-ladder.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadedFile } from './own-engine.ts';
import { type RawModel, readyRawModel } from './raw-model.ts';
import type { ReadyModel } from './ready-model.ts';

export interface ModelHostOptions {
  readonly modelPath: string;
  readonly guardian: Guardian;
  readonly log: Log;
  /** Another engine program that speaks the same IPC. */
  readonly engineProgram?: string;
  /** What the owner fixed: left alone when a load fails. */
  readonly fixed: { readonly window: boolean; readonly slots: boolean };
  /** Has its turn to load: one model loads at a time, so that the memory that is left is known. */
  inTurn<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Where it goes and how large, as memory is now; unloads others for it where that is right. */
  plan(facts: GgufFacts): Promise<LoadPlan>;
  /** A load that went well. */
  onLoaded?(model: LoadedModel, file: LoadedFile): void;
  /** An answer was written at this speed, tokens per second. */
  onDecode?(perSecond: number, file: LoadedFile): void;
  /** Another clock, ms, for tests. */
  readonly nowMs?: () => number;
  /** Called when `describe()` would answer differently. */
  onChange(): void;
}

type Planned = Extract<LoadPlan, { ok: true }>;

type State =
  /** On disk. `because`: why it is not loaded (any more), as a sentence. */
  | { readonly status: 'available'; readonly because: string }
  | { readonly status: 'loading'; readonly fraction: number }
  | { readonly status: 'ready'; readonly raw: RawModel; readonly ready: ReadyModel; readonly atMs: number }
  | { readonly status: 'failed'; readonly error: ApiError };

/** What the file alone tells of what the model can do; what it really can is known when it is loaded. */
interface Promised {
  readonly thinking: boolean;
  readonly tools: boolean;
}

/** How serving ended, and in which stage. */
interface Ending {
  readonly stage: 'plan' | 'load' | 'serve';
  readonly failure: EngineFailure;
}

/** Between a load that failed and the next rung of the ladder, ms: what the old process held is given back. */
const rungPauseMs = 500;

export class ModelHost {
  readonly #options: ModelHostOptions;
  readonly #nowMs: () => number;
  /** Times of crashes, oldest first, and which load of the model each of them ended. */
  #crashes: { readonly atMs: number; readonly model: ReadyModel | undefined }[] = [];
  #state: State = { status: 'available', because: 'It has not been asked for yet.' };
  #facts: GgufFacts | undefined;
  /** Made of the facts once: models are found by it for every ticket. */
  #id: string | undefined;
  #promised: Promised = { thinking: false, tools: false };
  /** From when it is told to load until it is told to unload. */
  #stay: AbortController | undefined;
  #running: Promise<void> | undefined;
  #planned: Planned | undefined;
  #loadFailures = 0;

  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? clockMs;
  }

  /** Reads what the file says of itself; what is wrong with it is its state from then on. */
  async read(): Promise<void> {
    try {
      this.#facts = await readGgufFacts(this.#options.modelPath);
      this.#id = undefined;
      this.#promised = promisedBy(this.#facts);
    } catch (error) {
      this.#fail(failureOf(error));
    }
  }

  /** The model's name in the yard; until the file has been read, as its file name tells it. */
  get id(): string {
    this.#id ??= modelName({ name: this.#options.modelPath, quantisation: this.#facts?.quantisation ?? null });
    return this.#id;
  }

  get path(): string {
    return this.#options.modelPath;
  }

  /** What its file says; undefined until it is read, and where it cannot be. */
  get facts(): GgufFacts | undefined {
    return this.#facts;
  }

  get status(): State['status'] {
    return this.#state.status;
  }

  get ready(): ReadyModel | undefined {
    return this.#state.status === 'ready' ? this.#state.ready : undefined;
  }

  /** When it became ready, and how long that took; undefined while it is not. */
  get readySince(): { readonly atMs: number; readonly loadMs: number } | undefined {
    if (this.#state.status !== 'ready') return undefined;
    return { atMs: this.#state.atMs, loadMs: this.#state.raw.engine.model.loadMs };
  }

  /** What it takes, or is about to take, and where; undefined: nothing. */
  get taken(): Planned | undefined {
    return this.#planned;
  }

  /** As `MachineModel` has it, without what `own-models.ts` knows. Nothing until its file has been read. */
  describe(busySlots: number): MachineModel | null {
    const facts = this.#facts;
    const state = this.#state;
    if (facts === undefined && state.status !== 'failed') return null;
    const base = {
      id: this.id,
      // A file that cannot be read has no identity.
      digest: facts?.digest ?? '',
      artefact: artefactOf(this.#options.modelPath, facts),
      displayName: facts?.name ?? this.id,
      window: 0,
      slots: 0,
      busySlots: 0,
      ...this.#promised,
      createdAtMs: facts?.modifiedAtMs ?? 0,
      ...(this.#planned === undefined ? {} : { bytes: this.#planned.bytes }),
    };
    if (state.status === 'available') return { ...base, status: 'available' };
    if (state.status === 'loading') {
      // As planned: a failed load may make it smaller.
      const window = this.#planned?.plan.window ?? 0;
      return { ...base, status: 'loading', loadFraction: state.fraction, window };
    }
    if (state.status === 'failed') return { ...base, status: 'failed', failure: state.error };
    const { engine, template } = state.raw;
    return {
      ...base,
      status: 'ready',
      window: engine.model.window,
      slots: engine.model.slots,
      busySlots,
      thinking: template.thinking,
      tools: template.tools,
    };
  }

  /** Why the model cannot serve, as a sentence. */
  get unavailableBecause(): string {
    if (this.#state.status === 'failed') return this.#state.error.message;
    if (this.#state.status === 'available') return this.#state.because;
    return 'The model is still loading.';
  }

  /** Loads it and keeps it loaded until `unload`. Does nothing when it is told so already. */
  load(): void {
    if (this.#stay !== undefined) return;
    const stay = new AbortController();
    this.#stay = stay;
    this.#set({ status: 'loading', fraction: 0 });
    this.#running = this.#run(stay.signal, this.#running).finally(() => {
      // Given up by itself: it may be told again.
      if (this.#stay === stay) this.#stay = undefined;
    });
  }

  /** Ends its engine at once, whatever it does; resolves when the memory is free. `because`: a sentence. */
  async unload(because: string): Promise<void> {
    const { raw } = this.#state.status === 'ready' ? this.#state : { raw: undefined };
    // It may be told to load again before this is over: of that load nothing is waited for, or cleared.
    const running = this.#running;
    const planned = this.#planned;
    this.#stay?.abort();
    this.#stay = undefined;
    if (this.#state.status !== 'failed') this.#set({ status: 'available', because });
    await raw?.engine.close();
    await running;
    if (this.#planned === planned) this.#planned = undefined;
  }

  /** The crash that ended this load does not count: the request was at fault, not the model. */
  forgiveCrash(model: ReadyModel): void {
    this.#crashes = this.#crashes.filter((crash) => crash.model !== model);
  }

  #set(state: State): void {
    this.#state = state;
    this.#options.onChange();
  }

  #fail({ message }: EngineFailure): void {
    this.#set({ status: 'failed', error: apiError('model_load_failed', message) });
  }

  /** `before`: its last stay, whose engine may not be gone yet. */
  async #run(signal: AbortSignal, before: Promise<void> | undefined): Promise<void> {
    const { log } = this.#options;
    this.#loadFailures = 0;
    while (!signal.aborted) {
      const { stage, failure } = await this.#serveUntilFailure(signal, before);
      if (signal.aborted) return;
      const model = this.ready;
      log.error('engine stopped', { model: this.id, code: failure.code, reason: failure.message });
      if (stage === 'plan' && failure.code === 'memory') {
        // It may fit later: who wants it then says so again.
        this.#planned = undefined;
        return this.#set({ status: 'available', because: failure.message });
      }
      if (!restartable.has(failure.code)) {
        this.#planned = undefined;
        return this.#fail(failure);
      }
      const atMs = this.#nowMs();
      this.#crashes.push({ atMs, model });
      if (stage === 'load') this.#loadFailures += 1;
      const rung = stage === 'load' ? this.#nextRung() : null;
      if (rung !== null) {
        log.warn('the load is tried again', { model: this.id, with: rung.says });
        this.#set({ status: 'loading', fraction: 0 });
        await pause(rungPauseMs, signal);
        continue;
      }
      await this.#restAfterCrash(failure, atMs, signal);
    }
  }

  #nextRung() {
    if (this.#planned === undefined || this.#facts === undefined) return null;
    return rungAfter(this.#loadFailures, formOf(this.#planned), this.#facts.layers, this.#options.fixed);
  }

  /** The back-off before the next start; after too many of them nobody should wait for it. */
  async #restAfterCrash(failure: EngineFailure, atMs: number, signal: AbortSignal): Promise<void> {
    const crashesMs = this.#crashes.map((crash) => crash.atMs);
    const { delayMs, quarantined } = nextRestart(crashesMs, atMs);
    if (quarantined) {
      const rest = Math.round(delayMs / 60_000);
      const message = `The engine of this model failed ${crashesMs.length} times and is left alone for ${rest} minutes (last: ${failure.message}). Restart the agent to try at once.`;
      this.#planned = undefined;
      this.#fail({ code: failure.code, message });
      this.#crashes = [];
      this.#loadFailures = 0;
    } else this.#set({ status: 'loading', fraction: 0 });
    await pause(delayMs, signal);
    if (quarantined && !signal.aborted) this.#set({ status: 'loading', fraction: 0 });
  }

  /** Loads the model and stays until its engine is gone; says why it went or never came. */
  async #serveUntilFailure(signal: AbortSignal, before: Promise<void> | undefined): Promise<Ending> {
    let stage: Ending['stage'] = 'plan';
    try {
      const raw = await this.#options.inTurn(async () => {
        await before;
        signal.throwIfAborted();
        const form = await this.#form();
        signal.throwIfAborted();
        stage = 'load';
        return await this.#load(form, signal);
      });
      stage = 'serve';
      this.#loadFailures = 0;
      const { build, loadMs, window, slots } = raw.engine.model;
      const { family, tools } = raw.template;
      const found = { build, loadMs, window, slots, format: family.id, tools };
      this.#options.log.info('model ready', { model: this.id, ...found });
      if (this.#facts !== undefined) this.#options.onLoaded?.(raw.engine.model, this.#facts);
      // It was told to unload while the last of it was read.
      if (signal.aborted) await raw.engine.close();
      else this.#set({ status: 'ready', raw, ready: readyRawModel(raw), atMs: this.#nowMs() });
      return { stage, failure: await raw.engine.closed };
    } catch (error) {
      return { stage, failure: failureOf(error) };
    }
  }

  /** What to load it as: as planned, or what is left of that after failures. Throws an EngineError. */
  async #form(): Promise<LoadForm> {
    const { log } = this.#options;
    if (this.#facts === undefined) throw new EngineError({ code: 'internal', message: 'The file was not read.' });
    const rung = this.#loadFailures > 0 ? this.#nextRung() : null;
    if (rung !== null) return rung.form;
    const load = await this.#options.plan(this.#facts);
    if (!load.ok) throw new EngineError(load.failure);
    for (const note of load.notes) log.warn(note, { model: this.id });
    this.#planned = load;
    return formOf(load);
  }

  async #load(form: LoadForm, signal: AbortSignal): Promise<RawModel> {
    const { modelPath, engineProgram, guardian } = this.#options;
    const engine = await loadEmbeddedEngine({
      modelPath,
      ...form,
      guardian,
      signal,
      ...(engineProgram === undefined ? {} : { program: engineProgram }),
      onProgress: (fraction: number) => {
        if (!signal.aborted) this.#set({ status: 'loading', fraction });
      },
    });
    try {
      const timed = timedEngine(engine, clockMs, (perSecond) => {
        if (this.#facts !== undefined) this.#options.onDecode?.(perSecond, this.#facts);
      });
      return { engine: timed, template: readTemplate(engine.model), sampling: this.#facts?.sampling ?? {} };
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

const formOf = ({ plan, gpu }: Planned): LoadForm => ({ ...plan, gpu });

function promisedBy({ chatTemplate }: GgufFacts): Promised {
  try {
    const { thinking, tools } = readTemplate({ chatTemplate, bosText: '', eosText: '', controlTexts: [] });
    return { thinking, tools };
  } catch {
    // Said when it is loaded, with the reason.
    return { thinking: false, tools: false };
  }
}

/** Faults that another start may cure; the others are in the file or in what was asked for. */
const restartable: ReadonlySet<EngineFailure['code']> = new Set(['crashed', 'stalled', 'internal', 'memory']);

function failureOf(thrown: unknown): EngineFailure {
  if (thrown instanceof EngineError) return thrown.failure;
  if (thrown instanceof ApiFailure) return { code: 'model-unsupported', message: thrown.error.message };
  return { code: 'internal', message: `The engine could not be started: ${String(thrown)}` };
}
