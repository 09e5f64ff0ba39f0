/** The least that is needed to talk to a gateway with fetch. */
import assert from 'node:assert/strict';

export interface Address {
  readonly url: string;
  readonly key: string;
}

/** A request body, or a piece of one. */
export type Body = Readonly<Record<string, unknown>>;

export interface AskOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** POSTs JSON to `/v1/messages`, in the dialect of API version 2023-06-01. */
export function ask(gateway: Address, body: Body | string, options: AskOptions = {}): Promise<Response> {
  return fetch(new URL(options.path ?? '/v1/messages', gateway.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': gateway.key,
      ...options.headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** A request with one user turn, greedy, as most tests need it. */
export function turn(model: string, text: string, more: Body = {}): Body {
  return { model, max_tokens: 200, temperature: 0, messages: [{ role: 'user', content: text }], ...more };
}

/** The parsed body of an answer; fails unless the status is as expected. */
// biome-ignore lint/suspicious/noExplicitAny: raw JSON of the far side; tests look at what they need
export async function readJson(response: Response, status = 200): Promise<any> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text);
}
