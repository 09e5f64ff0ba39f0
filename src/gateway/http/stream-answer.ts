/**
 * A streamed answer on its way to one client.
 *
 * Headers are held until the first content, so that whatever goes wrong before it is an ordinary
 * HTTP error, or nothing at all when another attempt succeeds. After `holdHeadersMs` the stream is
 * opened anyway, and from then on the client never waits longer than `pingIntervalMs` for an event.
 *
 * A client that reads slowly holds up its own machine, by credit; one that does not read is cut.
 */
import type { ServerResponse } from 'node:http';
import type { ApiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { limits } from '../../contract/limits.ts';
import type { CancelReason } from '../../contract/link/messages.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { createStreamWriter, type StreamWriter } from '../../translate/response/stream-writer.ts';
import type { AnswerSink, AnswerSummary, GenerationEnd } from '../submission.ts';
import { Backlog } from './backlog.ts';
import { tickMs, type WatchedAnswer } from './open-answers.ts';

export interface StreamAnswerOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Sent with the status, whatever it is; more may be added until then. One `writeHead` of all costs a third of setting each. */
  readonly headers: Readonly<Record<string, string>>;
  readonly messageId: string;
  readonly model: string;
  /** For a `message_start` that cannot wait for the exact count. */
  readonly estimatedTokens: number;
  readonly signThinking: (text: string) => string;
  readonly reportsEdits: boolean;
  readonly nowMs: () => number;
  /** What it waits for beside its turn, as a line for people: a load, or that others have theirs; null: nothing else. */
  waitsFor?(): string | null;
  /** A line for people, sent before the end of an answer. */
  comment?(summary: AnswerSummary): string;
  /** The first content was written. */
  onShown(): void;
  /** The client has read what filled the stream. */
  onRoom(): void;
  /** The stream is full: whoever fills it waits for the client. */
  onHeldUp(): void;
  /** The client must be given up. */
  onCut(reason: CancelReason): void;
}

export class StreamAnswer implements AnswerSink, WatchedAnswer {
  readonly #options: StreamAnswerOptions;
  readonly #writer: StreamWriter;
  readonly #startedAtMs: number;
  #start: Extract<GenerationEvent, { type: 'generation-start' }> | undefined;
  #shown = false;
  /** Content that goes out together with the end. */
  #held = '';
  /** Where it stands in the queue, when that was not told yet. */
  #place: { readonly position: number; readonly etaMs: number | undefined } | null = null;
  /** What was told last of the load it waits for. */
  #toldReason: string | null = null;
  #lastWriteAtMs: number;
  /** Written while the response had enough. */
  readonly #backlog = new Backlog();
  /** The body goes in chunks, and we write what frames them. */
  #isChunked = false;
  /** Bytes the client's computer has taken, and since when no more. */
  #taken = 0;
  /** So much is unread that its machine waits, until half of it has been read. */
  #full = false;
  #stalledSinceMs: number | null = null;

  constructor(options: StreamAnswerOptions) {
    this.#options = options;
    this.#writer = createStreamWriter(options);
    this.#startedAtMs = options.nowMs();
    this.#lastWriteAtMs = this.#startedAtMs;
    options.response.on('drain', () => {
      this.#passBacklog();
      this.#lookForRoom();
    });
  }

  get isFull(): boolean {
    return this.#full;
  }

  queued(position: number, etaMs?: number): void {
    this.#place = { position, etaMs };
  }

  events(events: readonly GenerationEvent[], endFollows = false): void {
    this.#place = null;
    let text = '';
    let content = false;
    for (const event of events) {
      if (event.type === 'progress') continue;
      if (event.type === 'generation-start') {
        // Told with the first content: until then the attempt may still be replaced.
        this.#start = event;
        continue;
      }
      if (event.type === 'block-start') content = true;
      text += this.#takeStart() + this.#writer.write(event);
    }
    if (endFollows) {
      this.#held += text;
      return;
    }
    if (text !== '') this.#write(text);
    if (content && !this.#shown) {
      this.#shown = true;
      this.#options.onShown();
    }
  }

  discard(): void {
    this.#start = undefined;
    this.#held = '';
  }

  finish(end: GenerationEnd, summary: AnswerSummary): void {
    this.#beginResponse();
    this.#passBacklog();
    const comment = this.#options.comment?.(summary);
    this.#end(this.#held + this.#takeStart() + this.#writer.write(end, comment));
  }

  fail(error: ApiError): void {
    const { response, requestId } = this.#options;
    if (response.headersSent) {
      this.#passBacklog();
      this.#end(this.#held + this.#writer.write({ type: 'generation-error', error }));
      return;
    }
    const { status, headers, body } = errorResponse(error, requestId);
    response.writeHead(status, { ...this.#options.headers, ...headers });
    response.end(JSON.stringify(body));
  }

  /** Looked at once a second: opens a stream that has waited long, pings, cuts a reader that stopped. */
  tick(): void {
    const { response, nowMs } = this.#options;
    if (response.destroyed) return;
    const now = nowMs();
    this.#lookForRoom();
    if (this.#full) this.#options.onHeldUp();
    // The last of an answer may wait for its reader too.
    const isWaiting = response.writableEnded ? response.writableLength > 0 : response.writableNeedDrain;
    if (isWaiting) {
      if (takenBytes(response) !== this.#taken) this.#stalledSinceMs = null;
      // A stall is noted up to a tick late, and seen to be too long up to a tick late: cut between a tick before and after.
      if (now - this.#noteStall(now) >= limits.clientStallMs - tickMs) this.#cut();
      return;
    }
    this.#stalledSinceMs = null;
    if (response.writableEnded) return;
    if (!response.headersSent) {
      if (now - this.#startedAtMs >= limits.holdHeadersMs - tickMs) this.#open();
    } else if (now - this.#lastWriteAtMs >= limits.pingIntervalMs - 2 * tickMs) {
      this.#write(this.#keepAlive());
    }
  }

  /**
   * What keeps the client: a ping, and for whoever watches the stream by eye the place in the queue and what is
   * waited for, when they are news, as comments, which every parser of event streams leaves out.
   */
  #keepAlive(): string {
    const place = this.#place;
    this.#place = null;
    let comments = '';
    if (place !== null) {
      const eta = place.etaMs === undefined ? '' : `, for about ${Math.ceil(place.etaMs / 1_000)} s`;
      comments = `: waiting, number ${place.position} in the queue${eta}\n\n`;
    }
    const reason = this.#options.waitsFor?.() ?? null;
    if (reason !== null && reason !== this.#toldReason) comments += `: ${reason}\n\n`;
    this.#toldReason = reason;
    return comments + this.#writer.ping();
  }

  /** Commits to a 200 without content: from here on errors are events. */
  #open(): void {
    const { estimatedTokens } = this.#options;
    const known = this.#start ?? { promptTokens: estimatedTokens, cachedTokens: 0 };
    this.#write(this.#writer.open(known) + this.#keepAlive());
  }

  #takeStart(): string {
    if (this.#start === undefined) return '';
    const text = this.#writer.write(this.#start);
    this.#start = undefined;
    return text;
  }

  #beginResponse(): void {
    const { response, headers } = this.#options;
    if (response.headersSent) return;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // nginx would otherwise gather the stream.
      'x-accel-buffering': 'no',
    });
    // Node writes each chunk in four pieces, which costs more than all that stands in it. Not of HTTP/1.0, which has none.
    this.#isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** As it goes over the wire. */
  #framed(text: string): string {
    if (!this.#isChunked || text === '') return text;
    return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  }

  #end(text: string): void {
    this.#options.response.end(this.#framed(text) + (this.#isChunked ? lastChunk : ''));
  }

  #write(text: string): void {
    const { response, nowMs } = this.#options;
    this.#beginResponse();
    this.#lastWriteAtMs = nowMs();
    const framed = this.#framed(text);
    if (!response.writableNeedDrain) {
      response.write(framed);
      if (!response.writableNeedDrain) return;
    } else this.#backlog.add(framed);
    this.#noteStall(this.#lastWriteAtMs);
    // A fast machine fills memory faster than a timer looks.
    if (this.#unreadBytes > limits.clientBufferBytes) this.#cut();
    else if (this.#unreadBytes > limits.clientSoftBytes) this.#full = true;
  }

  get #unreadBytes(): number {
    return this.#options.response.writableLength + this.#backlog.bytes;
  }

  #passBacklog(): void {
    for (const bytes of this.#backlog.take()) this.#options.response.write(bytes);
  }

  #lookForRoom(): void {
    if (!this.#full || this.#unreadBytes > limits.clientSoftBytes / 2) return;
    this.#full = false;
    this.#options.onRoom();
  }

  /** Since when the client's computer has taken nothing, ms. */
  #noteStall(now: number): number {
    if (this.#stalledSinceMs === null) {
      this.#stalledSinceMs = now;
      this.#taken = takenBytes(this.#options.response);
    }
    return this.#stalledSinceMs;
  }

  /** Gives a client up that does not read. */
  #cut(): void {
    this.#full = true;
    this.#options.onCut('slow-client');
    this.#options.response.destroy();
  }
}

const lastChunk = '0\r\n\r\n';

/** A slow reader is no stalled one: what it has taken grows. */
const takenBytes = ({ socket }: ServerResponse): number =>
  socket === null ? 0 : socket.bytesWritten - socket.writableLength;
