/** An answer that is sent as one JSON message (`stream: false`). */
import type { ServerResponse } from 'node:http';
import type { ApiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { createMessageFold, type MessageFold } from '../../translate/response/message-fold.ts';
import type { AnswerSink, GenerationEnd } from '../requests.ts';

export interface WholeAnswerOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly messageId: string;
  readonly model: string;
  readonly signThinking: (text: string) => string;
}

export class WholeAnswer implements AnswerSink {
  readonly #options: WholeAnswerOptions;
  #fold: MessageFold;

  constructor(options: WholeAnswerOptions) {
    this.#options = options;
    this.#fold = createMessageFold(options);
  }

  queued(): void {}

  events(events: readonly GenerationEvent[]): void {
    for (const event of events) this.#fold.push(event);
  }

  /** Nothing was sent yet: the next attempt starts over. */
  discard(): void {
    this.#fold = createMessageFold(this.#options);
  }

  finish(end: GenerationEnd): void {
    const result = this.#fold.push(end);
    if (result?.kind !== 'message') throw new Error('generation-end gave no message');
    const { response } = this.#options;
    const body = JSON.stringify(result.message);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  fail(error: ApiError): void {
    const { response, requestId } = this.#options;
    const { status, headers, body } = errorResponse(error, requestId);
    response.writeHead(status, headers);
    response.end(JSON.stringify(body));
  }
}
