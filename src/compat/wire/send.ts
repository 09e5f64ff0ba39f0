/** One HTTP request, and all that came back. Plain fetch: nothing is retried, corrected or hidden. */
import { Mismatch } from '../verdict.ts';
import type { Target } from './target.ts';

/** Raw JSON of the far side: each case looks at what it needs, and a missing part fails it. */
// biome-ignore lint/suspicious/noExplicitAny: the whole point is that its shape is not known
export type Json = any;

export interface SendOptions {
  readonly method?: string;
  readonly path?: string;
  /** Replaces default headers of the same (lower-case) name; an empty text removes one. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined when the text is no JSON. */
  readonly json: Json;
}

/** Resolves when the headers are there. */
export async function open(target: Target, options: SendOptions = {}): Promise<Response> {
  const { method = options.body === undefined ? 'GET' : 'POST', path = '/v1/messages', body, signal } = options;
  const headers: Record<string, string> = { ...defaultHeaders(target, body), ...options.headers };
  for (const [name, value] of Object.entries(headers)) if (value === '') delete headers[name];
  try {
    return await fetch(`${target.url}${path}`, {
      method,
      headers,
      redirect: 'manual',
      signal: signal === undefined ? target.signal : AbortSignal.any([signal, target.signal]),
      ...(body === undefined ? {} : { body: encode(body) }),
    });
  } catch (error) {
    if (target.signal.aborted || signal?.aborted) throw error;
    throw new Mismatch('an HTTP response', `the connection failed: ${networkError(error)}`);
  }
}

/** Resolves when the whole response is there. */
export async function send(target: Target, options: SendOptions = {}): Promise<Reply> {
  const response = await open(target, options);
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    if (target.signal.aborted || options.signal?.aborted) throw error;
    throw new Mismatch('a whole response body', `the connection broke inside it: ${networkError(error)}`);
  }
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function defaultHeaders({ key }: Target, body: unknown): Record<string, string> {
  return {
    'anthropic-version': '2023-06-01',
    'user-agent': 'metalyard-compat',
    ...(key === undefined ? {} : { 'x-api-key': key }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

function encode(body: unknown): string | Uint8Array<ArrayBuffer> {
  // A Buffer over shared memory cannot get here: cases make their bytes themselves.
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `ECONNREFUSED`, `ENOTFOUND`, ... where fetch knows one. */
export function networkError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  const reason = cause instanceof Error ? cause : error;
  return reason instanceof Error ? reason.message : String(reason);
}
