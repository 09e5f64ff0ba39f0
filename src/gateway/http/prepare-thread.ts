/**
 * A worker thread that prepares bodies, one call after another, no key twice while another waits. With limits it is ended and replaced
 * when a call exceeds them: nothing else stops a library that does not come back.
 */
import type { ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ApiError, ApiFailure, apiError } from '../../contract/errors.ts';
import type { Elsewhere, PreparedRequest, PrepareTask } from './prepare-request.ts';

export interface PrepareCall extends PrepareTask {
  readonly withPdfs: boolean;
}

export type ThreadPrepared = PreparedRequest<Uint8Array<ArrayBuffer>>;

export type PrepareAnswer =
  | { readonly prepared: ThreadPrepared | Elsewhere }
  | { readonly error: ApiError }
  /** A bug: the text is for the log. */
  | { readonly fault: string };

export interface PrepareLimits {
  readonly callMs: number;
  /** By how much the process may grow in one call, MB. A thread's own limit does not count its buffers. */
  readonly memoryMb: number;
  /** What a caller is told when a limit was met. */
  exhausted(): Error;
}

/** Who waits for a body to be prepared. */
export interface Caller {
  readonly keyId: string;
  /** Once it is closed nobody waits any more. */
  readonly response: ServerResponse;
}

const watchMs = 50;

interface Waiting extends PromiseWithResolvers<ThreadPrepared | Elsewhere> {
  readonly call: PrepareCall;
  readonly keyId: string;
}

export class PrepareThread {
  readonly #signingSecret: Uint8Array;
  readonly #withPdfs: boolean;
  readonly #limits: PrepareLimits | undefined;
  #waiting: readonly Waiting[] = [];
  /** The key served last: another one's turn comes before its next. */
  #lastKeyId: string | undefined;
  #current: Waiting | undefined;
  #worker: Worker | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(signingSecret: Uint8Array, options: { readonly withPdfs: boolean; readonly limits?: PrepareLimits }) {
    this.#signingSecret = signingSecret;
    this.#withPdfs = options.withPdfs;
    this.#limits = options.limits;
  }

  /** Rejects with `ApiFailure` when the body is no valid request. */
  prepare(task: PrepareTask, { keyId, response }: Caller): Promise<ThreadPrepared | Elsewhere> {
    const call = { ...task, withPdfs: this.#withPdfs };
    const waiting = { call, keyId, ...Promise.withResolvers<ThreadPrepared | Elsewhere>() };
    this.#waiting = [...this.#waiting, waiting];
    // A body nobody waits for is let go of at once: its bytes are in nobody's budget any more.
    const drop = (): void => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.reject(new ApiFailure(apiError('client_closed_request', 'The client closed the connection.')));
    };
    response.once('close', drop);
    this.#next();
    return waiting.promise.finally(() => response.off('close', drop));
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const next = this.#waiting.find(({ keyId }) => keyId !== this.#lastKeyId) ?? this.#waiting[0];
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((other) => other !== next);
    this.#lastKeyId = next.keyId;
    this.#current = next;
    const worker = this.#thread();
    worker.postMessage(next.call);
    if (this.#limits !== undefined) this.#watchOver(worker, this.#limits);
  }

  #watchOver(worker: Worker, { callMs, memoryMb }: PrepareLimits): void {
    const mostBytes = process.memoryUsage.rss() + memoryMb * 1024 * 1024;
    const endMs = performance.now() + callMs;
    this.#watch = setInterval(() => {
      if (performance.now() >= endMs || process.memoryUsage.rss() > mostBytes) this.#exhaust(worker);
    }, watchMs).unref();
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(program, {
      workerData: { signingSecret: this.#signingSecret },
      ...(this.#limits === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMb } }),
    });
    worker.unref();
    worker.on('message', (answer: PrepareAnswer) => {
      // Ended for exceeding a limit: what it had posted by then would be taken for the answer to somebody else's call.
      if (this.#worker !== worker) return;
      if ('prepared' in answer) this.#settle((waiting) => waiting.resolve(answer.prepared));
      else {
        const error = 'error' in answer ? new ApiFailure(answer.error) : new Error(answer.fault);
        this.#settle((waiting) => waiting.reject(error));
      }
    });
    // A thread that died fails what it was doing; the next body starts another.
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY' && this.#limits !== undefined) this.#exhaust(worker);
      else this.#abandon(worker, error);
    });
    worker.on('exit', () => this.#abandon(worker, new Error('the thread that prepares bodies ended')));
    this.#worker = worker;
    return worker;
  }

  #exhaust(worker: Worker): void {
    this.#abandon(worker, this.#limits?.exhausted() ?? new Error('a limit was met'));
    void worker.terminate();
  }

  #abandon(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#settle((waiting) => waiting.reject(error));
  }

  #settle(how: (waiting: Waiting) => void): void {
    clearInterval(this.#watch);
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) how(current);
    this.#next();
  }
}

/** `.ts` in the repository, `.js` in the built package. */
const program = new URL(`./prepare-worker${extname(import.meta.url)}`, import.meta.url);
