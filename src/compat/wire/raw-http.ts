/** What fetch would never send: broken requests, promises that are not kept. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { networkError } from './send.ts';
import type { Target } from './target.ts';

/** Writes text on a fresh connection; resolves with all that came back before it was closed. */
export async function writeRaw(target: Target, text: string): Promise<string> {
  const socket = connect(target);
  let seen = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    seen += chunk;
  });
  socket.write(text);
  try {
    await once(socket, 'close', { signal: target.signal });
  } finally {
    socket.destroy();
  }
  return seen;
}

/** Writes text on a fresh connection and hangs up without a word. */
export async function cutRaw(target: Target, text: string): Promise<void> {
  const socket = connect(target);
  try {
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  } finally {
    socket.destroy();
  }
}

function connect({ url }: Target): Socket {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'https:';
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80) };
  const socket = secure ? connectTls({ ...address, servername: hostname }) : connectTcp(address);
  // A reset is an answer too: `close` follows.
  return socket.on('error', () => {});
}

export interface LargeBodyAnswer {
  /** The HTTP status, or what broke. */
  readonly status: number | string;
  /** The answer came before the body was sent. */
  readonly early: boolean;
}

/** Announces a body of this size; sends it only when nothing was answered for `patienceMs`. */
export function sendLargeBody(target: Target, bodyBytes: number, patienceMs: number): Promise<LargeBodyAnswer> {
  const start = target.url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    let early = true;
    const request = start(`${target.url}/v1/messages`, {
      method: 'POST',
      agent: false,
      signal: target.signal,
      headers: {
        'content-type': 'application/json',
        'content-length': bodyBytes,
        'anthropic-version': '2023-06-01',
        ...(target.key === undefined ? {} : { 'x-api-key': target.key }),
      },
    });
    const patience = setTimeout(() => {
      early = false;
      request.end(Buffer.alloc(bodyBytes, ' '));
    }, patienceMs);
    const settle = (status: number | string): void => {
      clearTimeout(patience);
      resolve({ status, early });
      request.destroy();
    };
    request.on('response', (response: IncomingMessage) => settle(response.statusCode ?? 0));
    request.on('error', (error) => {
      clearTimeout(patience);
      if (target.signal.aborted) reject(error);
      else settle(networkError(error));
    });
    request.flushHeaders();
  });
}
