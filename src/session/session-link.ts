/**
 * One end of a session: messages in both directions that survive the loss of the connection below
 * them. A pipe is attached, breaks, and the next one goes on where it stopped; nothing is lost and
 * nothing arrives twice. When that cannot be kept any longer the session breaks, once and for all. Pure.
 */
import type { Read } from '../contract/link/messages.ts';
import type { After } from './after.ts';
import type { IncomingLanes, JsonText, LaneName, OutgoingLanes, Received } from './lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';

export interface SessionLinkOptions<Incoming> {
  read(text: string): Read<Incoming>;
  /** New ones, of this session alone. */
  readonly outgoing: OutgoingLanes;
  readonly incoming: IncomingLanes;
  readonly after: After;
  onMessage(message: Incoming): void;
  /** The first message of a type this end does not know; it is ignored, as are those after it. */
  onUnknown?(type: string): void;
  /** Something has been confirmed, perhaps nothing new. */
  onConfirmed?(): void;
  /** A known message had another shape than this or the other end reads: the session ends with it. Told before that. */
  onUnreadable?(by: 'us' | 'them', why: string): void;
  /** The connection is gone; another may be attached. */
  onDetached(why: string): void;
  /** It is over: the other end said so, or the session cannot be kept. Once; nothing is said after it. */
  onEnded(why: string): void;
}

/** Handed to the system at once, at most, bytes: what comes later must be able to overtake the rest. */
const bufferedBytes = 256 * 1024;
/** Unknown types that are told of: a newer end has a few. */
const toldTypes = 8;
/** Arrivals are confirmed after this long, or after so many characters: the other end keeps them until then. */
const confirmAfterMs = 200;
const confirmAfterChars = 512 * 1024;
/** So many are confirmed with the next thing that is said, which costs no write of its own: a whole request is not kept for long. */
const confirmWithChars = 16 * 1024;

export class SessionLink<Incoming, Outgoing extends { readonly type: string }> {
  readonly #options: SessionLinkOptions<Incoming>;
  readonly #outgoing: OutgoingLanes;
  readonly #incoming: IncomingLanes;
  #pipe: Pipe | undefined;
  /** Calls the next confirmation off. */
  #confirming: (() => void) | undefined;
  /** For every confirmation the same: there is one for each heartbeat. */
  readonly #confirmNow = (): void => this.#confirm();
  #ended = false;
  #unknownMessages = 0;
  /** Made when there are any: gateways have thousands of sessions. */
  #unknownTypes: Set<string> | undefined;
  #heardChars = 0;
  /** The other end understands that a message it has the beginning of does not go on. */
  hearsOfGivenUp = false;

  constructor(options: SessionLinkOptions<Incoming>) {
    this.#options = options;
    this.#outgoing = options.outgoing;
    this.#incoming = options.incoming;
  }

  /** Frames that have arrived: what the other end need not send again. */
  get received(): Received {
    return this.#incoming.received;
  }

  /** Kept for the other end, bytes. */
  get heldBytes(): number {
    return this.#outgoing.heldBytes;
  }

  get isAttached(): boolean {
    return this.#pipe !== undefined;
  }

  /** What has come over any of its connections so far, characters. */
  get heardChars(): number {
    return this.#heardChars;
  }

  /** Of what this end has said that is urgent: frames so far, and how many of them are known to have arrived. */
  get control(): { readonly added: number; readonly confirmed: number } {
    return this.#outgoing.control;
  }

  /** Messages of an unknown type seen so far. */
  get unknownMessages(): number {
    return this.#unknownMessages;
  }

  /** Goes on over this pipe. `received`: what the other end has of us. False: it cannot; the session has ended. */
  attach(pipe: Pipe, received: Received): boolean {
    const old = this.#pipe;
    this.#pipe = pipe;
    old?.close('the session goes on over another connection');
    pipe.hear(this.#hearerOf(pipe));
    if (!this.#outgoing.rewind(received)) {
      this.#end('the other end has received what was never sent');
      return false;
    }
    this.#pump();
    return true;
  }

  /** The other end says something each so often, ms, over the connection of now. */
  expectEach(everyMs: number): void {
    this.#pipe?.expectEach?.(everyMs);
  }

  send(message: Outgoing): void {
    this.sendText(lanes.get(message.type) ?? 'c', [JSON.stringify(message)]);
  }

  /**
   * Sends one message that is JSON already, in pieces: large requests are serialised once and never copied. Data with a key
   * can be withdrawn.
   */
  sendText(lane: LaneName, pieces: readonly JsonText[], key?: string): void {
    if (this.#ended) return;
    if (!this.#outgoing.push(lane, pieces, key)) {
      return this.#end(`${this.heldBytes} bytes wait for the other end, which is too much`);
    }
    this.#pump();
    if (this.#incoming.unconfirmedChars >= confirmWithChars) this.#confirm();
  }

  /** Nobody wants the data with this key any more: what has not gone out of it never does, and is not kept. */
  withdraw(key: string): void {
    this.#outgoing.withdraw(key, this.hearsOfGivenUp);
    this.#pump();
  }

  /** Ends the session for both ends. */
  close(reason: string): void {
    this.#ended = true;
    const pipe = this.#detach();
    pipe?.send(JSON.stringify({ type: 'end', reason }), '');
    pipe?.close(reason);
  }

  /** Drops the connection, not the session: what it carried last may not have arrived. */
  drop(reason: string): void {
    this.#pipe?.close(reason);
  }

  #detach(): Pipe | undefined {
    this.#confirming?.();
    this.#confirming = undefined;
    const pipe = this.#pipe;
    this.#pipe = undefined;
    return pipe;
  }

  /**
   * The next connection starts again from what has arrived. Nothing more is taken of this one, while it closes: a frame of one
   * lane must not be heard before one of the other that is missing, such as output before its `accept`.
   */
  #leave(pipe: Pipe, why: string): void {
    this.#detach();
    pipe.close(why);
    this.#options.onDetached(why);
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.close(why);
    this.#options.onEnded(why);
  }

  #hearerOf(pipe: Pipe): PipeHearer {
    return {
      onFrame: (text) => {
        if (this.#pipe === pipe) this.#hear(pipe, text);
      },
      onWritable: () => {
        if (this.#pipe === pipe) this.#pump();
      },
      onClosed: (why) => {
        if (this.#pipe !== pipe) return;
        this.#detach();
        this.#options.onDetached(why);
      },
    };
  }

  #hear(pipe: Pipe, frame: string): void {
    this.#heardChars += frame.length;
    const arrival = this.#incoming.receive(frame);
    switch (arrival.kind) {
      case 'message':
        this.#confirmSoon();
        return this.#deliver(arrival.text);
      case 'part':
        return this.#confirmSoon();
      case 'repeated':
        return;
      case 'confirmed':
        if (!this.#outgoing.confirm(arrival.received)) return this.#leave(pipe, 'confirmed what was never sent');
        this.#pump();
        return this.#options.onConfirmed?.();
      case 'unnumbered':
        return this.#hearUnnumbered(pipe, arrival.text);
      case 'broken':
        return this.#leave(pipe, arrival.why);
      case 'unacceptable':
        pipe.close(arrival.why);
        return this.#end(`the other end sent what is not taken (${arrival.why})`);
      default:
        arrival satisfies never;
    }
  }

  #deliver(text: string): void {
    const result = this.#options.read(text);
    if (result.kind === 'message') this.#options.onMessage(result.message);
    else if (result.kind === 'unknown') this.#ignore(result.type);
    else {
      this.#options.onUnreadable?.('us', result.why);
      this.#end(malformedReason(result.why));
    }
  }

  #ignore(unknown: string): void {
    this.#unknownMessages += 1;
    const type = unknown.slice(0, 40).replace(/[^\w-]/g, '?');
    this.#unknownTypes ??= new Set();
    if (this.#unknownTypes.has(type) || this.#unknownTypes.size >= toldTypes) return;
    this.#unknownTypes.add(type);
    this.#options.onUnknown?.(type);
  }

  /**
   * Within a session the one frame without a number is its end. But a hello that was sent once more, over plain requests whose
   * connection broke, may have arrived both times.
   */
  #hearUnnumbered(pipe: Pipe, text: string): void {
    const said = unnumbered(text);
    if (said?.type === 'hello') return;
    if (said?.type !== 'end') return pipe.close('a frame without a number');
    const reason = typeof said.reason === 'string' ? said.reason : 'the other end left';
    const unread = malformedIn(reason);
    if (unread !== undefined) this.#options.onUnreadable?.('them', unread);
    this.#ended = true;
    this.#detach();
    pipe.close('the session has ended');
    this.#options.onEnded(reason);
  }

  #confirmSoon(): void {
    if (this.#incoming.unconfirmedChars >= confirmAfterChars) return this.#confirm();
    this.#confirming ??= this.#options.after(confirmAfterMs, this.#confirmNow);
  }

  #confirm(): void {
    this.#confirming?.();
    this.#confirming = undefined;
    const frame = this.#incoming.confirmation();
    if (frame !== null) this.#pipe?.send(frame, '');
  }

  /** Puts on the wire what there is room for. */
  #pump(): void {
    const pipe = this.#pipe;
    if (pipe === undefined) return;
    while (pipe.bufferedBytes < bufferedBytes) {
      const frame = this.#outgoing.take();
      if (frame === null) return;
      pipe.send(frame.head, frame.payload);
    }
  }
}

const malformedStart = 'the other end sent a malformed message (';
const malformedReason = (why: string): string => `${malformedStart}${why})`;

/** What was wrong with a message, where a session has ended for it at the other end. */
export function malformedIn(reason: string): string | undefined {
  return reason.startsWith(malformedStart) ? reason.slice(malformedStart.length, -1).slice(0, 200) : undefined;
}

/** What is large or comes in quantity; all else is control. */
const lanes: ReadonlyMap<string, LaneName> = new Map([
  ['offer', 'd'],
  ['count', 'd'],
  ['output', 'd'],
]);

function unnumbered(text: string): { readonly type?: unknown; readonly reason?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
