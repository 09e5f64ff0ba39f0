/**
 * HTTP to an attached server. Node's own client instead of `fetch`: a prompt may be read for longer
 * than the 300 s after which `fetch` gives up on headers, and proxy variables must not send a
 * loopback address elsewhere. Redirects are not followed: the key belongs to one address.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { JsonObject } from '../../contract/engine/chat.ts';

export interface Address {
  /** Base address, without a trailing slash and without `/v1`. */
  readonly url: string;
  /** Sent as a bearer token, and as `x-api-key` where a server wants that. */
  readonly key?: string | undefined;
}

export interface JsonAnswer {
  readonly status: number;
  /** Undefined where the body is not JSON. */
  readonly json: unknown;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

/** More than any model list; an answer beyond is no answer, bytes. */
const answerBytes = 8 * 1024 * 1024;

/** Opens one request; resolves with the headers. Rejects with the socket's error, or when aborted. */
export function send(
  { url, key }: Address,
  path: string,
  body: JsonObject | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const target = new URL(url + path);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string> = { accept: 'application/json, text/event-stream' };
  if (key !== undefined) {
    headers.authorization = `Bearer ${key}`;
    headers['x-api-key'] = key;
  }
  if (text !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(text));
  }
  return new Promise((resolve, reject) => {
    const open = target.protocol === 'https:' ? httpsRequest : httpRequest;
    // A connection of its own for each request: closing it is how a server is told to stop.
    const request = open(target, { method: text === undefined ? 'GET' : 'POST', headers, signal, agent: false });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(text);
  });
}

/** Sends and reads a whole answer within `timeoutMs`. Rejects when there is none. */
export async function ask(
  address: Address,
  path: string,
  options: { readonly body?: JsonObject; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<JsonAnswer> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
  const response = await send(address, path, options.body, signal);
  const text = await readText(response);
  return { status: response.statusCode ?? 0, json: parseJson(text), text, headers: response.headers };
}

/** The body as text; rejects when it is cut off or too long. */
export async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += piece;
    if (text.length > answerBytes) {
      response.destroy();
      throw new Error(`the answer is longer than ${answerBytes} bytes`);
    }
  }
  return text;
}

/** JSON, or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
