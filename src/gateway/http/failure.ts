/** Turns whatever was thrown while handling a request into the error a client gets. */
import type { FastifyError } from 'fastify';
import { type ApiError, ApiFailure, apiError } from '../../contract/errors.ts';

/** `unexpected` is what the log should hear of; the client hears of no internals. */
export function failureOf(thrown: unknown): { readonly error: ApiError; readonly unexpected?: unknown } {
  if (thrown instanceof ApiFailure) return { error: thrown.error };
  const { code, statusCode }: Partial<FastifyError> = thrown instanceof Error ? thrown : {};
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { error: apiError('invalid_request', 'content-type: this is no media type. Send application/json.') };
  }
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') {
    return { error: apiError('invalid_request', 'The URL is malformed, or a part of its path is too long.') };
  }
  // Whatever else the framework holds against a request is the request's fault.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { error: apiError('invalid_request', 'The request cannot be read as HTTP: look at its headers.') };
  }
  return {
    error: apiError('internal', 'The gateway failed while handling this request; its log says more.'),
    unexpected: thrown,
  };
}
