import { type ChildProcess, fork } from 'node:child_process';
import type {
  EngineFailure,
  FromEngine,
  Hold,
  LoadedModel,
  LoadOptions,
  PromptSegment,
  RawEngine,
  RawEvent,
  RawGeneration,
  ToEngine,
  TokenizingPurpose,
} from '../../contract/engine/raw.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { childEnvironment } from '../child-environment.ts';
import { readGgufFacts } from '../gguf/gguf-facts.ts';
import type { Guardian } from '../guardian/guardian.ts';
import { programPath } from '../program-path.ts';
import { EngineWatch, type WatchLimits, watchIntervalMs, watchLimits } from './engine-watch.ts';
import { EventQueue } from './event-queue.ts';
import { FewAtOnce } from './few-at-once.ts';
import { processorWaitMs } from './processor-wait.ts';

export interface EmbeddedEngineOptions extends LoadOptions {
  readonly onProgress?: (fraction: number) => void;
  /** Aborting ends the load and the child; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Another program that speaks the same IPC. */
  readonly program?: string;
  readonly guardian?: Guardian;
  readonly limits?: WatchLimits;
}

/** Events that nobody has asked for: above the first figure the generation pauses, below the second it goes on. */
const pauseAbove = 256;
const resumeBelow = 64;
/** Counts that the child has in hand: with 128 texts of 200 KB in its channel, a prompt behind them was read after 6 s. */
const countsAtOnce = 4;

interface Running {
  readonly events: EventQueue<RawEvent>;
  readonly hold: Hold | undefined;
  /** Aborted: it is to stop, and is neither held up nor let go on any more. */
  readonly signal: AbortSignal;
  /** More events wait than should. */
  isFull: boolean;
  isPaused: boolean;
}

/**
 * The native binding samples each sequence in a thread of Node's pool. llama.cpp puts the outputs of a batch in order when
 * they are first looked at; two threads that do so at once swap them twice, and a sequence gets the token of another one
 * (decision 019). With one thread they take turns; decoding has threads of its own.
 */
const oneWorker = { UV_THREADPOOL_SIZE: '1' };

/** An engine that is asked to go gets this long before it is killed. */
const closeGraceMs = 2_000;

/** Checks the file, starts an engine child and loads the model in it. Throws an EngineError. */
export async function loadEmbeddedEngine(options: EmbeddedEngineOptions): Promise<RawEngine> {
  options.signal?.throwIfAborted();
  const facts = await readGgufFacts(options.modelPath);
  if (facts.trainedWindow > 0 && options.window > facts.trainedWindow) {
    const message = `A window of ${options.window} tokens is more than the ${facts.trainedWindow} that "${options.modelPath}" was trained for. Ask for ${facts.trainedWindow} or less.`;
    throw new EngineError({ code: 'context-too-large', message });
  }
  options.signal?.throwIfAborted();
  const engine = new EmbeddedEngine(options);
  await engine.loaded;
  return engine;
}

/** The parent's side of one engine child. Every call ends, whatever becomes of the child. */
class EmbeddedEngine implements RawEngine {
  readonly closed: Promise<EngineFailure>;
  readonly loaded: Promise<void>;
  readonly #child: ChildProcess;
  readonly #watch: EngineWatch;
  readonly #timer: NodeJS.Timeout;
  readonly #generations = new Map<number, Running>();
  readonly #tokenizations = new Map<number, PromiseWithResolvers<Uint32Array>>();
  readonly #counts = new FewAtOnce(countsAtOnce);
  readonly #load = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<EngineFailure>();
  readonly #options: EmbeddedEngineOptions;
  #model: LoadedModel | undefined;
  #failure: EngineFailure | undefined;
  /** Why we ended the child ourselves, if we did. */
  #verdict: EngineFailure | undefined;
  #lastCallId = 0;
  #complaint = '';

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
    this.closed = this.#end.promise;
    this.loaded = this.#load.promise;
    this.#watch = new EngineWatch(options.limits ?? watchLimits, performance.now());
    this.#child = fork(options.program ?? programPath(import.meta.url, './child'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...childEnvironment(process.env), ...oneWorker },
      execArgv: [],
    });
    if (this.#child.pid !== undefined) options.guardian?.watch(this.#child.pid);
    this.#child.on('message', (message: FromEngine) => this.#receive(message));
    this.#child.on('error', (error) => this.#gone(`it cannot be started or reached (${error.message})`));
    // `close`, not `exit`: what it complained about before dying has then been read
    this.#child.on('close', (code, signal) => this.#gone(exitText(code, signal)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#complain(text));
    this.#timer = setInterval(() => this.#tick(), watchIntervalMs);
    options.signal?.addEventListener('abort', this.#abortLoad, { once: true });
    const { modelPath, window, slots, threads, gpu, kvType, gpuLayers, vocabularyOnly } = options;
    const fewer = {
      ...(kvType === undefined ? {} : { kvType }),
      ...(gpuLayers === undefined ? {} : { gpuLayers }),
      ...(vocabularyOnly === undefined ? {} : { vocabularyOnly }),
    };
    this.#send({ type: 'load', options: { modelPath, window, slots, threads, gpu, ...fewer } });
  }

  get model(): LoadedModel {
    return this.#model!; // nobody holds an engine before `loaded` resolves
  }

  async tokenize(
    segments: readonly PromptSegment[],
    signal?: AbortSignal,
    purpose: TokenizingPurpose = 'generate',
  ): Promise<Uint32Array> {
    const task = (): Promise<Uint32Array> => this.#tokenize(segments, signal, purpose);
    return purpose === 'count' ? this.#counts.run(task, signal) : task();
  }

  async #tokenize(
    segments: readonly PromptSegment[],
    signal: AbortSignal | undefined,
    purpose: TokenizingPurpose,
  ): Promise<Uint32Array> {
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw new EngineError(this.#failure);
    const callId = ++this.#lastCallId;
    const answer = Promise.withResolvers<Uint32Array>();
    const abort = () => {
      answer.reject(signal?.reason);
      this.#send({ type: 'cancel', callId });
    };
    this.#tokenizations.set(callId, answer);
    signal?.addEventListener('abort', abort, { once: true });
    this.#send({ type: 'tokenize', callId, segments, purpose });
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#tokenizations.delete(callId);
    }
  }

  async *generate(request: RawGeneration, signal: AbortSignal, hold?: Hold): AsyncGenerator<RawEvent, void> {
    if (this.#failure !== undefined) return yield { type: 'error', failure: this.#failure };
    if (signal.aborted) return yield { type: 'end', reason: 'cancelled', outputTokens: 0 };
    const callId = ++this.#lastCallId;
    const running: Running = { events: new EventQueue(), hold, signal, isFull: false, isPaused: false };
    const cancel = () => this.#send({ type: 'cancel', callId });
    const stop = () => {
      cancel();
      // Its end is expected, whatever held it up.
      running.isPaused = false;
      this.#watch.progress(callId, performance.now());
    };
    this.#generations.set(callId, running);
    this.#watch.progress(callId, performance.now());
    signal.addEventListener('abort', stop, { once: true });
    this.#send({ type: 'generate', callId, request });
    const forgetHold = hold?.onChange(() => this.#seeToPause(callId, running));
    this.#seeToPause(callId, running);
    let ended = false;
    try {
      while (!ended) {
        const event = running.events.take() ?? (await running.events.next());
        this.#seeToPause(callId, running);
        ended = event.type === 'end' || event.type === 'error';
        if (ended) this.#generations.delete(callId);
        yield event;
      }
    } finally {
      forgetHold?.();
      signal.removeEventListener('abort', stop);
      this.#generations.delete(callId);
      this.#watch.ended(callId);
      if (!ended) cancel(); // the reader walked away
    }
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#verdict ??= { code: 'closed', message: 'The engine was closed.' };
    this.#send({ type: 'close' });
    const force = setTimeout(() => this.#child.kill('SIGKILL'), closeGraceMs);
    await this.closed;
    clearTimeout(force);
  }

  #receive(message: FromEngine): void {
    const nowMs = performance.now();
    this.#watch.heard(nowMs);
    switch (message.type) {
      case 'load-progress':
        this.#watch.progress(0, nowMs);
        this.#options.onProgress?.(message.fraction);
        return;
      case 'loaded':
        this.#model = message.model;
        this.#loadEnded();
        this.#load.resolve();
        return;
      case 'load-failed':
        this.#kill(message.failure);
        return;
      case 'tokenized':
        this.#tokenizations.get(message.callId)?.resolve(message.tokens);
        return;
      case 'failed':
        this.#tokenizations.get(message.callId)?.reject(new EngineError(message.failure));
        return;
      case 'events': {
        const running = this.#generations.get(message.callId);
        if (running === undefined) return;
        if (!running.isPaused) this.#watch.progress(message.callId, nowMs);
        for (const event of message.events) running.events.push(event);
        this.#seeToPause(message.callId, running);
        return;
      }
      case 'pong':
        return;
    }
  }

  /** Holds one generation up, or lets it go on. Nobody expects progress of one that pauses. */
  #seeToPause(callId: number, running: Running): void {
    if (running.signal.aborted) return;
    const { length } = running.events;
    running.isFull = running.isFull ? length >= resumeBelow : length > pauseAbove;
    const isPaused = running.isFull || running.hold?.isHeld === true;
    if (isPaused === running.isPaused) return;
    running.isPaused = isPaused;
    this.#send({ type: isPaused ? 'pause' : 'resume', callId });
    if (isPaused) this.#watch.ended(callId);
    else this.#watch.progress(callId, performance.now());
  }

  #tick(): void {
    const stalled = this.#watch.tick(performance.now(), processorWaitMs(this.#child.pid));
    if (stalled !== null) {
      const message = `The engine process was ended because ${stalled}. It may have been stopped, or hang in a driver.`;
      this.#kill({ code: 'stalled', message });
    } else this.#send({ type: 'ping', callId: ++this.#lastCallId });
  }

  /** Ends the child for a reason of ours; SIGKILL also ends one that is stopped. */
  #kill(verdict: EngineFailure): void {
    this.#verdict ??= verdict;
    this.#child.kill('SIGKILL');
  }

  readonly #abortLoad = (): void => this.#kill({ code: 'closed', message: 'Loading was given up.' });

  #loadEnded(): void {
    this.#watch.ended(0);
    this.#options.signal?.removeEventListener('abort', this.#abortLoad);
  }

  #gone(how: string): void {
    if (this.#failure !== undefined) return;
    const said = this.#complaint === '' ? '' : ` It said: ${this.#complaint}`;
    const failure: EngineFailure = this.#verdict ?? {
      code: 'crashed',
      message: `The engine process is gone: ${how}.${said}`,
    };
    this.#failure = failure;
    clearInterval(this.#timer);
    this.#loadEnded();
    if (this.#child.pid !== undefined) this.#options.guardian?.forget(this.#child.pid);
    const { signal } = this.#options;
    this.#load.reject(signal?.aborted ? signal.reason : new EngineError(failure));
    for (const { events } of this.#generations.values()) events.push({ type: 'error', failure });
    for (const answer of this.#tokenizations.values()) answer.reject(new EngineError(failure));
    this.#end.resolve(failure);
  }

  #send(message: ToEngine): void {
    // a channel that just broke reports through `error` or `close`; the call ends there
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Keeps llama.cpp's last words (an assertion's place), nothing else: stderr could hold anything. */
  #complain(text: string): void {
    const assertion = /^.*(GGML_ASSERT|ggml_abort|CUDA error|out of memory).*$/m.exec(text)?.[0];
    if (assertion !== undefined) this.#complaint = assertion.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
  }
}

function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'it was killed (SIGKILL), by somebody or by a system short of memory';
  if (signal === 'SIGBUS')
    return 'it died of SIGBUS: the model file was cut or overwritten while in use, or its disk failed';
  return signal === null ? `it ended with exit code ${code}` : `it died of ${signal}`;
}
