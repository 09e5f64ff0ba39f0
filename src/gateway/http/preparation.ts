/**
 * Where bodies become canonical requests: small ones here, large ones on a worker thread, because
 * parsing 32 MB would stop every stream of the gateway for 66 ms (measured); those with PDFs on another
 * one, which has limits of time and memory, because nobody knows what a PDF costs before it is read.
 */
import { limits } from '../../contract/limits.ts';
import type { JsonText } from '../../session/lanes.ts';
import { thinkingSignatures } from '../thinking-signatures.ts';
import { KnownTools } from './known-tools.ts';
import { readingTookTooLong } from './pdf-errors.ts';
import { type PreparedRequest, type PrepareTask, prepareRequest } from './prepare-request.ts';
import { type Caller, PrepareThread } from './prepare-thread.ts';

export class Preparation {
  readonly #verify: (thinking: string, signature: string) => boolean;
  readonly #knownTools = new KnownTools();
  readonly #large: PrepareThread;
  readonly #pdfs: PrepareThread;

  constructor(signingSecret: Uint8Array) {
    this.#verify = thinkingSignatures(signingSecret).verify;
    this.#large = new PrepareThread(signingSecret, { withPdfs: false });
    this.#pdfs = new PrepareThread(signingSecret, {
      withPdfs: true,
      limits: { callMs: limits.pdfReadMs, memoryMb: limits.pdfMemoryMb, exhausted: readingTookTooLong },
    });
  }

  /** Rejects with `ApiFailure` when the body is no valid request. */
  async prepare(task: PrepareTask, caller: Caller): Promise<PreparedRequest<JsonText>> {
    const quick = task.body.byteLength <= limits.parseOnMainLoopBytes;
    const first = quick ? prepareRequest(task, this.#verify, { inLoop: true, known: this.#knownTools }) : 'laborious';
    const prepared = first === 'laborious' ? await this.#large.prepare(task, caller) : first;
    if (typeof prepared !== 'string') return prepared;
    const read = await this.#pdfs.prepare(task, caller);
    if (typeof read === 'string') throw new Error(`a body was left unprepared: ${read}`);
    return read;
  }

  async close(): Promise<void> {
    await Promise.all([this.#large.close(), this.#pdfs.close()]);
  }
}
