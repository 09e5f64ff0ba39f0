/**
 * Errors as clients read them: status, headers and the envelope, all from the one catalogue.
 */
import type { ErrorEnvelope } from '../../contract/anthropic/response.ts';
import { type ApiError, errorCatalogue } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorEnvelope;
}

/**
 * A whole response. `x-should-retry` is always sent: Claude Code and the SDKs obey it over their own
 * tables (a plain 401 would be tried ten times). `retry-after-ms` is the one SDKs prefer; both are
 * capped, because SDKs wait for any figure they are told.
 */
export function errorResponse(error: ApiError, requestId: string): ErrorResponse {
  const kind = errorCatalogue[error.code];
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'request-id': requestId,
    'x-should-retry': String(kind.shouldRetry),
  };
  if (kind.shouldRetry && error.retryAfterMs !== undefined) {
    const retryAfterMs = Math.min(error.retryAfterMs, capMs(error));
    headers['retry-after-ms'] = String(retryAfterMs);
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
  }
  return { status: kind.status, headers, body: errorBody(error, requestId) };
}

/** When a key's own limit has room again is known exactly; all else is advice. */
const capMs = ({ code }: ApiError): number =>
  code === 'rate_limit' ? limits.rateLimitRetryCapMs : limits.retryAfterCapMs;

/** The envelope (messages-api §8), the same in a response body and in a stream. */
export function errorBody(error: ApiError, requestId: string): ErrorEnvelope {
  return {
    type: 'error',
    error: {
      type: errorCatalogue[error.code].type,
      message: error.message,
      details: { error_code: error.errorCode ?? error.code, ...(error.pool === undefined ? {} : { pool: error.pool }) },
    },
    request_id: requestId,
  };
}
