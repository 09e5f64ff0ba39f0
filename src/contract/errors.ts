/**
 * Everything that can go wrong for a client, as one catalogue. A code is stable; its status, type
 * and retry advice are fixed here, so that no two places disagree. `docs/errors.md` explains each
 * code and a test keeps the two in step.
 *
 * Retry advice travels as `x-should-retry`: Claude Code and the SDKs obey it.
 */
import { type Static, Type } from 'typebox';

export const errorTypes = [
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
] as const;
export type ErrorType = (typeof errorTypes)[number];

interface ErrorKind {
  readonly status: number;
  readonly type: ErrorType;
  readonly shouldRetry: boolean;
}

/** One line per thing that can go wrong. Keep `docs/errors.md` in step. */
export const errorCatalogue = {
  // The request
  invalid_request: { status: 400, type: 'invalid_request_error', shouldRetry: false },
  invalid_json: { status: 400, type: 'invalid_request_error', shouldRetry: false },
  context_overflow: { status: 400, type: 'invalid_request_error', shouldRetry: false },
  unsupported_feature: { status: 400, type: 'invalid_request_error', shouldRetry: false },
  request_body_encoding_unsupported: { status: 400, type: 'invalid_request_error', shouldRetry: false },
  authentication: { status: 401, type: 'authentication_error', shouldRetry: false },
  budget_exhausted: { status: 402, type: 'billing_error', shouldRetry: false },
  permission: { status: 403, type: 'permission_error', shouldRetry: false },
  not_found: { status: 404, type: 'not_found_error', shouldRetry: false },
  model_not_found: { status: 404, type: 'not_found_error', shouldRetry: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', shouldRetry: false },
  request_timeout: { status: 408, type: 'timeout_error', shouldRetry: true },
  request_too_large: { status: 413, type: 'request_too_large', shouldRetry: false },
  rate_limit: { status: 429, type: 'rate_limit_error', shouldRetry: true },
  wrong_host: { status: 421, type: 'permission_error', shouldRetry: false },
  client_closed_request: { status: 499, type: 'api_error', shouldRetry: false },
  // The pool
  no_machine: { status: 529, type: 'overloaded_error', shouldRetry: true },
  queue_full: { status: 529, type: 'overloaded_error', shouldRetry: true },
  queue_too_long: { status: 529, type: 'overloaded_error', shouldRetry: true },
  // Nobody is asked to come back: retries would be most of the load.
  overloaded: { status: 529, type: 'overloaded_error', shouldRetry: false },
  queue_timeout: { status: 504, type: 'timeout_error', shouldRetry: true },
  model_loading: { status: 529, type: 'overloaded_error', shouldRetry: true },
  // Memory is pinned or kept for others: until the owner changes that, coming back is of no use.
  model_no_room: { status: 529, type: 'overloaded_error', shouldRetry: false },
  draining: { status: 529, type: 'overloaded_error', shouldRetry: true },
  machine_lost: { status: 529, type: 'overloaded_error', shouldRetry: true },
  // The engine
  engine_failed: { status: 500, type: 'api_error', shouldRetry: true },
  engine_crashed: { status: 500, type: 'api_error', shouldRetry: true },
  // Not 400: clients answer that by sending the same request in other forms.
  request_crashes_engines: { status: 500, type: 'api_error', shouldRetry: false },
  engine_stalled: { status: 504, type: 'timeout_error', shouldRetry: true },
  output_unusable: { status: 500, type: 'api_error', shouldRetry: true },
  model_load_failed: { status: 500, type: 'api_error', shouldRetry: false },
  internal: { status: 500, type: 'api_error', shouldRetry: true },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;
export const errorCodes = Object.keys(errorCatalogue) as readonly ErrorCode[];

/** How a machine says, in `errorCode` of a failed load, that there would be room but for what is pinned or kept. */
export const noRoom = 'model_no_room' satisfies ErrorCode;

/** An error on its way to a client. Plain data: it crosses the link and the process border. */
export const ApiErrorSchema = Type.Object({
  code: Type.Enum(errorCodes as ErrorCode[]),
  /** What the client reads as `error.details.error_code` where the API has a word of its own; else `code`. */
  errorCode: Type.Optional(Type.String()),
  /** Says what was seen, what it means, what to do. Never holds prompt text or a secret. */
  message: Type.String(),
  /** Seen by the client as `error.details.pool`. Machine facts only. */
  pool: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** When to come back, ms from now. Capped when written: `error-response.ts`. */
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type ApiError = Static<typeof ApiErrorSchema>;

/** Builds an error; `extra` adds pool facts, a waiting time, or the API's own word for it. */
export function apiError(
  code: ErrorCode,
  message: string,
  extra: { errorCode?: string; pool?: Record<string, unknown>; retryAfterMs?: number } = {},
): ApiError {
  return { code, message, ...extra };
}

/** Carries an `ApiError` through code that throws. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly error: ApiError;
  constructor(error: ApiError, options?: { cause?: unknown }) {
    super(`${error.code}: ${error.message}`, options);
    this.error = error;
  }
}
