/**
 * An answer that is sent as one JSON message (`stream: false`).
 *
 * Clients wait for headers, not for bodies: Node's fetch gives up after 300 s without headers (measured),
 * whatever time-out its SDK was given. So the status of an answer that takes long is sent early, and a
 * space every `pingIntervalMs`, which JSON allows before the message. What fails after that can no longer
 * be an HTTP error: the connection is cut, which every client reports (docs/decisions/006).
 */
import type { ServerResponse } from 'node:http';
import type { ApiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { limits } from '../../contract/limits.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { createMessageFold, type MessageFold } from '../../translate/response/message-fold.ts';
import type { AnswerSink, GenerationEnd } from '../submission.ts';
import { tickMs, type WatchedAnswer } from './open-answers.ts';

export interface WholeAnswerOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Sent with the status, whatever it is; more may be added until then. One `writeHead` of all costs a third of setting each. */
  readonly headers: Readonly<Record<string, string>>;
  readonly messageId: string;
  readonly model: string;
  readonly signThinking: (text: string) => string;
  readonly reportsEdits: boolean;
  readonly nowMs: () => number;
  /** How long the status is held back. */
  readonly holdMs: number;
}

/** Part of a client's patience that is left when its answer is sent a status. */
const margin = 0.2;

/** How long to hold the status back from a client that told its patience in seconds, or did not. */
export function holdMs(stainlessTimeout: string | readonly string[] | undefined): number {
  const patienceMs = Number(stainlessTimeout) * 1_000;
  if (!(patienceMs > 0)) return limits.holdWholeAnswerMs;
  return Math.min(limits.holdWholeAnswerMs, patienceMs * (1 - margin));
}

/**
 * How long a client that told its patience waits for its turn, ms: as long as its answer can still be an HTTP
 * error, told in good time. Nothing when it told none.
 */
export function turnPatience(stainlessTimeout: string | readonly string[] | undefined): { readonly waitMs?: number } {
  if (!(Number(stainlessTimeout) > 0)) return {};
  const heldMs = holdMs(stainlessTimeout);
  return { waitMs: Math.round(Math.max(heldMs - 2 * tickMs, heldMs / 2)) };
}

export class WholeAnswer implements AnswerSink, WatchedAnswer {
  readonly #options: WholeAnswerOptions;
  readonly #startedAtMs: number;
  /** Nothing is written before the end: what waits is bounded by what a model may write. */
  readonly isFull = false;
  #fold: MessageFold;
  #lastWriteAtMs = 0;

  constructor(options: WholeAnswerOptions) {
    this.#options = options;
    this.#fold = createMessageFold(options);
    this.#startedAtMs = options.nowMs();
  }

  queued(): void {}

  events(events: readonly GenerationEvent[]): void {
    for (const event of events) this.#fold.push(event);
  }

  /** Nothing was sent yet but spaces: the next attempt starts over. */
  discard(): void {
    this.#fold = createMessageFold(this.#options);
  }

  finish(end: GenerationEnd): void {
    const result = this.#fold.push(end);
    if (result?.kind !== 'message') throw new Error('generation-end gave no message');
    const { response, headers } = this.#options;
    const body = JSON.stringify(result.message);
    if (!response.headersSent) {
      response.writeHead(200, {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
    }
    response.end(body);
  }

  fail(error: ApiError): void {
    const { response, requestId } = this.#options;
    if (response.headersSent) {
      // An error envelope under a 200 would pass for a message.
      response.destroy();
      return;
    }
    const { status, headers, body } = errorResponse(error, requestId);
    response.writeHead(status, { ...this.#options.headers, ...headers });
    response.end(JSON.stringify(body));
  }

  /** Looked at once a second. */
  tick(): void {
    const { response, headers, nowMs, holdMs } = this.#options;
    if (response.writableEnded || response.destroyed) return;
    const now = nowMs();
    if (!response.headersSent) {
      if (now - this.#startedAtMs < holdMs - tickMs) return;
      response.writeHead(200, { ...headers, 'content-type': 'application/json' });
    } else if (now - this.#lastWriteAtMs < limits.pingIntervalMs - 2 * tickMs) return;
    this.#lastWriteAtMs = now;
    response.write(' ');
  }
}
