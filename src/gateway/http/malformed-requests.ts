/** What Node's HTTP parser gives up on: it is answered if that is still possible, and the connection ends. */
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiError, apiError } from '../../contract/errors.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { newRequestId } from '../../transport/ids.ts';
import { endWithError, hasEnded } from './raw-answer.ts';
import type { EdgeLimits } from './server.ts';

export class MalformedRequests {
  readonly #limits: EdgeLimits;
  /** Unfinished responses of a connection, the one being written first. */
  readonly #unfinished = new WeakMap<Duplex, Set<ServerResponse>>();

  constructor(limits: EdgeLimits) {
    this.#limits = limits;
  }

  /** Follows the responses of a server, and answers expectations it cannot meet. */
  watch(server: Server): void {
    server.on('request', (request, response) => {
      const { socket } = request;
      const unfinished = this.#unfinished.get(socket) ?? new Set();
      this.#unfinished.set(socket, unfinished.add(response));
      response.once('close', () => unfinished.delete(response));
    });
    server.on('checkExpectation', (_request, response) => {
      const error = apiError('invalid_request', 'expect: the only expectation that can be met is 100-continue.');
      const { status, headers, body } = errorResponse(error, newRequestId());
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
  }

  /** Node's `clientError`. */
  readonly answer = (error: Error & { readonly code?: string }, socket: Duplex): void => {
    if (hasEnded(socket)) return;
    const [current] = this.#unfinished.get(socket) ?? [];
    // Text in the middle of an answer would corrupt it.
    if (!socket.writable || current?.headersSent === true) socket.destroy();
    else endWithError(socket, explain(error.code, this.#limits));
  };
}

function explain(code: string | undefined, { headersMs, bodyMs }: EdgeLimits): ApiError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return apiError(
        'request_timeout',
        `The request did not arrive in time: send headers within ${headersMs / 1000} s, the body within ${bodyMs / 1000} s.`,
      );
    case 'HPE_HEADER_OVERFLOW':
      return apiError('invalid_request', 'The URL and headers of the request are larger than 16 KB: send fewer.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return apiError('invalid_request', 'The chunk extensions of the body are larger than 16 KB: send none.');
    default:
      return apiError('invalid_request', 'This is not a well-formed HTTP request.');
  }
}
