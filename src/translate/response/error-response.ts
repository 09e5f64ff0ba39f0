/**
 * Errors as clients read them: status, headers and the envelope, all from the one catalogue.
 */
import { type ApiError, errorCatalogue } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
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
    const retryAfterMs = Math.min(error.retryAfterMs, limits.retryAfterCapMs);
    headers['retry-after-ms'] = String(retryAfterMs);
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000));
  }
  return { status: kind.status, headers, body: errorBody(error, requestId) };
}

/** The error envelope (messages-api §8), the same in a response body and in a stream. */
export function errorBody(error: ApiError, requestId?: string): ErrorBody {
  return {
    type: 'error',
    error: {
      type: errorCatalogue[error.code].type,
      message: error.message,
      details: { error_code: error.code, ...(error.pool === undefined ? {} : { pool: error.pool }) },
    },
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

export interface ErrorBody {
  readonly type: 'error';
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details: { readonly error_code: string; readonly pool?: Readonly<Record<string, unknown>> };
  };
  readonly request_id?: string;
}
