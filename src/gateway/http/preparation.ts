/**
 * Where bodies become canonical requests: small ones here, large ones on a worker thread, because
 * parsing 32 MB would stop every stream of the gateway for 66 ms (measured).
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ApiError, ApiFailure } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import type { NamedModel } from '../../yard/model-names.ts';
import { thinkingSignatures } from '../thinking-signatures.ts';
import { type PreparedRequest, prepareRequest } from './prepare-request.ts';

export interface PrepareCall {
  readonly callId: number;
  readonly body: Uint8Array;
  readonly purpose: 'create' | 'count';
  readonly models: readonly NamedModel[];
}

export type PrepareAnswer = { readonly callId: number } & (
  | { readonly prepared: PreparedRequest }
  | { readonly error: ApiError }
  /** A bug: the text is for the log. */
  | { readonly fault: string }
);

export class Preparation {
  readonly #signingSecret: Uint8Array;
  readonly #verify: (thinking: string, signature: string) => boolean;
  readonly #waiting = new Map<number, PromiseWithResolvers<PreparedRequest>>();
  #worker: Worker | undefined;
  #lastCallId = 0;

  constructor(signingSecret: Uint8Array) {
    this.#signingSecret = signingSecret;
    this.#verify = thinkingSignatures(signingSecret).verify;
  }

  /** Rejects with `ApiFailure` when the body is no valid request. */
  async prepare(
    body: Uint8Array,
    purpose: 'create' | 'count',
    models: readonly NamedModel[],
  ): Promise<PreparedRequest> {
    if (body.byteLength <= limits.parseOnMainLoopBytes) return prepareRequest(body, purpose, models, this.#verify);
    this.#lastCallId += 1;
    const callId = this.#lastCallId;
    const answer = Promise.withResolvers<PreparedRequest>();
    this.#waiting.set(callId, answer);
    const names = models.map(({ id, createdAtMs, outlook }) => ({ id, createdAtMs, outlook }));
    this.#workerThread().postMessage({ callId, body, purpose, models: names } satisfies PrepareCall);
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #workerThread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(workerProgram, {
      workerData: { signingSecret: this.#signingSecret },
    });
    worker.unref();
    worker.on('message', (answer: PrepareAnswer) => {
      const waiting = this.#waiting.get(answer.callId);
      this.#waiting.delete(answer.callId);
      if ('prepared' in answer) waiting?.resolve(answer.prepared);
      else waiting?.reject('error' in answer ? new ApiFailure(answer.error) : new Error(answer.fault));
    });
    // A worker that died (out of memory) fails what it had; the next large body starts a new one.
    worker.on('error', (error) => this.#abandon(worker, error));
    worker.on('exit', () => this.#abandon(worker, new Error('the parsing worker ended')));
    this.#worker = worker;
    return worker;
  }

  #abandon(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** `.ts` in the repository, `.js` in the built package. */
const workerProgram = new URL(`./prepare-worker${extname(import.meta.url)}`, import.meta.url);
