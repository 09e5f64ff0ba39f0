/**
 * A pipe over plain HTTP requests, for networks that let no WebSocket through. The agent asks for
 * frames with a request that is held until there are some (`poll`), and sends its own with another
 * (`push`); one of each at a time, so order is kept. The first request that fails ends the pipe, and
 * the session goes on over another.
 *
 * Connections are kept for the next request, and whoever is between may close one that is idle just as it is used again:
 * proxies do after 5 s, which is how far heartbeats are apart. Such a request is sent once more over another connection. That
 * does no harm: a poll has a number and its answer is kept until the next one, frames that arrive twice are known, and so is a
 * `hello`, although it has no number.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { JsonText } from '../../session/lanes.ts';
import { proxyAwareAgent, type Trust } from '../tls/trust.ts';
import type { Pipe, PipeHearer } from './pipe.ts';

/** Where the gateway takes frames without a WebSocket. */
export const pollPaths = {
  open: '/metalyard/link/open',
  poll: '/metalyard/link/poll',
  push: '/metalyard/link/push',
} as const;
/** Names the pipe of a `poll` or `push`: 128 random bits from `open`. */
export const pipeHeader = 'metalyard-pipe';
/** Numbers the polls of a pipe: one that comes twice is answered the same. */
export const pollHeader = 'metalyard-poll';
/** A poll without frames is answered after this long, ms: below the 60 s that proxies allow. */
export const pollHoldMs = 25_000;
/** Frames of one request, characters. */
export const batchChars = 512 * 1024;
/** A request that takes this much longer than the gateway holds it is lost, ms. */
const patienceMs = 15_000;
/** Who closes a pipe waits this long for its last frames to arrive, ms. */
const farewellMs = 1_000;

/** Frames hold no line breaks: they are JSON behind a short head. */
export function joinFrames(frames: readonly string[]): string {
  return frames.join('\n');
}

export function splitFrames(text: string): string[] {
  return text === '' ? [] : text.split('\n');
}

/** The whole frame as text. */
export function frameText(head: string, payload: JsonText): string {
  return head + (typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8'));
}

/** Takes frames from the front, as many as one request may carry, at least one. */
export function takeBatch(frames: string[]): string[] {
  let chars = 0;
  let count = 0;
  for (const frame of frames) {
    chars += frame.length;
    if (count > 0 && chars > batchChars) break;
    count += 1;
  }
  return frames.splice(0, count);
}

/** Opens one connection; failures arrive through `onClosed`. */
export function dialPollPipe(
  gatewayUrl: string,
  /** `headers`: of the request that opens it. */
  { trust, headers }: { readonly trust: Trust; readonly headers: Readonly<Record<string, string>> },
  firstHearer: PipeHearer,
  /** It is closed; whoever hears it is told as well. */
  onGone: () => void,
): Pipe {
  const isSecure = new URL(gatewayUrl).protocol === 'https:';
  const agent = isSecure ? proxyAwareAgent(trust, { keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const waiting: string[] = [];
  let hearer = firstHearer;
  let waitingChars = 0;
  let pipeId = '';
  /** The frames that are on their way, until none waits. */
  let pushing: Promise<void> | undefined;
  let closed = false;

  const end = (why: string): void => {
    if (closed) return;
    closed = true;
    agent.destroy();
    onGone();
    hearer.onClosed(why);
  };
  async function ask(path: string, body: string, more: OutgoingHttpHeaders): Promise<string> {
    const all = pipeId === '' ? more : { ...more, [pipeHeader]: pipeId };
    for (;;) {
      try {
        return await exchange(isSecure ? httpsRequest : httpRequest, new URL(path, gatewayUrl), body, {
          agent,
          headers: all,
        });
      } catch (error) {
        if (closed || !(error instanceof KeptConnectionBroke)) throw error;
      }
    }
  }

  async function poll(): Promise<void> {
    for (let number = 1; !closed; number += 1) {
      const frames = splitFrames(await ask(pollPaths.poll, '', { [pollHeader]: number }));
      for (const frame of frames) if (!closed) hearer.onFrame(frame);
    }
  }

  async function pushAll(): Promise<void> {
    while (waiting.length > 0 && !closed) {
      const batch = takeBatch(waiting);
      await ask(pollPaths.push, joinFrames(batch), {});
      waitingChars -= batch.reduce((sum, frame) => sum + frame.length, 0);
      if (!closed) hearer.onWritable();
    }
    pushing = undefined;
  }

  /** Resolves when nothing waits any more. */
  function push(): Promise<void> {
    if (pushing === undefined && pipeId !== '' && waiting.length > 0) pushing = pushAll();
    return pushing ?? Promise.resolve();
  }

  const failed = (error: unknown): void => end(error instanceof Error ? error.message : String(error));
  ask(pollPaths.open, '', headers)
    .then((id) => {
      pipeId = id;
      push().catch(failed);
      return poll();
    })
    .catch(failed);

  return {
    send(head, payload) {
      if (closed) return;
      const frame = frameText(head, payload);
      waiting.push(frame);
      waitingChars += frame.length;
      push().catch(failed);
    },
    get bufferedBytes() {
      return waitingChars;
    },
    close(reason) {
      // What was said last is sent behind what is on its way, as far as that is possible.
      setTimeout(end, farewellMs, reason).unref();
      push()
        .catch(() => {})
        .finally(() => end(reason));
    },
    hear(next) {
      hearer = next;
    },
  };
}

/** The connection had carried other requests before: each that is left may fail so once, a new one does not. */
class KeptConnectionBroke extends Error {}

const breaks: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE']);

function exchange(request: typeof httpRequest, url: URL, body: string, options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...options.headers };
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(asking.reusedSocket && breaks.has(error.code) ? new KeptConnectionBroke(error.message) : error);
    const asking = request(url, { ...options, method: 'POST', headers }, (response: IncomingMessage) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', failed);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`the gateway answered a link request with status ${response.statusCode}`));
      });
    });
    asking.setTimeout(pollHoldMs + patienceMs, () => asking.destroy(new Error('a link request was not answered')));
    asking.on('error', failed);
    asking.end(body);
  });
}
