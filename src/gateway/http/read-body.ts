/**
 * Reads request bodies within a budget. A body is held, as bytes or as the request made of it, until
 * its answer is over, so that is how long it counts: one key cannot fill the memory of the gateway,
 * and neither can all of them.
 */
import type { IncomingMessage } from 'node:http';
import { type ApiError, ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

export interface BodyLimits {
  readonly bodyBytesPerKey: number;
  readonly bodyBytesInAll: number;
}

export class BodyBudget {
  readonly #limits: BodyLimits;
  readonly #held = new Map<string, number>();
  #heldInAll = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Throws the 429 or 529 when the bytes cannot be held now. */
  take(keyId: string, bytes: number): void {
    const held = (this.#held.get(keyId) ?? 0) + bytes;
    const { bodyBytesPerKey, bodyBytesInAll } = this.#limits;
    if (held > bodyBytesPerKey) {
      throw refused('rate_limit', `the unanswered requests of this API key may hold ${megabytes(bodyBytesPerKey)} MB`);
    }
    if (this.#heldInAll + bytes > bodyBytesInAll) {
      throw refused('queue_full', `all unanswered requests together may hold ${megabytes(bodyBytesInAll)} MB`);
    }
    this.#held.set(keyId, held);
    this.#heldInAll += bytes;
  }

  giveBack(keyId: string, bytes: number): void {
    const held = (this.#held.get(keyId) ?? 0) - bytes;
    if (held > 0) this.#held.set(keyId, held);
    else this.#held.delete(keyId);
    this.#heldInAll -= bytes;
  }
}

const megabytes = (bytes: number): number => bytes / 1024 / 1024;

const refused = (code: 'rate_limit' | 'queue_full', why: string): ApiFailure =>
  new ApiFailure(apiError(code, `The request body cannot be taken now: ${why}. Wait for answers.`, retry));
const retry = { retryAfterMs: 2_000 };

const bodyTooLarge = (): ApiError =>
  apiError(
    'request_too_large',
    `The request body is larger than ${megabytes(limits.requestBodyBytes)} MB: shorten the conversation or send fewer attachments.`,
  );

/** A large body goes to a thread: both see the same memory, nothing is copied. */
const roomFor = (bytes: number): Uint8Array =>
  bytes > limits.parseOnMainLoopBytes ? new Uint8Array(new SharedArrayBuffer(bytes)) : Buffer.allocUnsafeSlow(bytes);

/** Room for a body whose length was not said; it grows by doubling. */
const firstBytes = 64 * 1024;

/**
 * The body, in a buffer of its own. `take` is called with the bytes it will hold, before they are read, and
 * may throw. What is left of a refused body is read and forgotten until the request's time is over:
 * closing at once could take the answer away from a client that is still sending.
 */
export function readBody(request: IncomingMessage, take: (bytes: number) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const said = request.headers['content-length'];
    const declared = said === undefined ? null : Number(said);
    let body: Uint8Array = new Uint8Array(0);
    let length = 0;

    const settle = (outcome: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      request.resume();
      outcome();
    };
    const onData = (chunk: Buffer): void => {
      try {
        hold(length + chunk.length);
      } catch (error) {
        return settle(() => reject(error));
      }
      // Copied: a chunk may be one byte, and keeps 64 KB alive.
      body.set(chunk, length);
      length += chunk.length;
    };
    const hold = (bytes: number): void => {
      if (bytes <= body.length) return;
      if (bytes > limits.requestBodyBytes) throw new ApiFailure(bodyTooLarge());
      const room = declared ?? Math.min(limits.requestBodyBytes, Math.max(firstBytes, body.length * 2, bytes));
      take(room - body.length);
      const grown = roomFor(room);
      grown.set(body);
      body = grown;
    };
    const onEnd = (): void => settle(() => resolve(body.subarray(0, length)));
    const onGone = (): void => {
      settle(() => reject(new ApiFailure(apiError('client_closed_request', 'The client closed the connection.'))));
    };

    try {
      if (declared !== null) hold(declared);
    } catch (error) {
      request.resume();
      return reject(error);
    }
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}
