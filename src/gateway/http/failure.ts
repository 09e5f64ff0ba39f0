/** Turns whatever was thrown while handling a request into the error a client gets. */
import type { FastifyError } from 'fastify';
import { type ApiError, ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

/** `unexpected` is what the log should hear of; the client hears of no internals. */
export function failureOf(thrown: unknown): { readonly error: ApiError; readonly unexpected?: unknown } {
  if (thrown instanceof ApiFailure) return { error: thrown.error };
  switch ((thrown as Partial<FastifyError> | null)?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        error: apiError(
          'request_too_large',
          `The request body is larger than ${limits.requestBodyBytes / 1024 / 1024} MB: shorten the conversation or send fewer attachments.`,
        ),
      };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { error: apiError('invalid_request', 'The body does not have the length that content-length promised.') };
    case 'FST_ERR_BAD_URL':
      return { error: apiError('invalid_request', 'The URL is malformed.') };
    case 'ECONNRESET':
      return { error: apiError('client_closed_request', 'The client closed the connection.') };
    default:
      return {
        error: apiError('internal', 'The gateway failed while handling this request; its log says more.'),
        unexpected: thrown,
      };
  }
}
