/** A pipe over a WebSocket. A gateway has thousands: what they share they have once. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { JsonText } from '../../session/lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { FrameStarts, plainFrame, readPlainFrame } from './plain-frame.ts';
import { quietLooksFor, stopWatching, usualQuietLooks, type Watched, watchForSilence } from './silence.ts';

const closeCodes = { goingAway: 1001, protocolError: 1002 } as const;

/**
 * Takes over an open socket of a gateway, or one that is opening, of an agent. `carrier`: the connection below it, where it is
 * open already.
 */
export function socketPipe(socket: WebSocket, hearer: PipeHearer, carrier?: Duplex): Pipe & Pick<Watched, 'giveUp'> {
  const pipe = new SocketPipe(socket, hearer, carrier);
  pipes.set(socket, pipe);
  socket.on('ping', onSign).on('pong', onSign).on('message', onMessage).on('error', onError).on('close', onClose);
  if (carrier === undefined) socket.once('upgrade', onUpgrade);
  else pipe.standBefore(carrier);
  watchForSilence(pipe);
  return pipe;
}

const pipes = new WeakMap<WebSocket, SocketPipe>();

class SocketPipe implements Pipe, Watched {
  readonly #socket: WebSocket;
  #hearer: PipeHearer;
  readonly #onWritten = (): void => this.#hearer.onWritable();
  #isGathering = false;
  /** Where frames begin, of a gateway's connection: what is plain does not reach the socket. */
  #starts: FrameStarts | undefined;
  #isBroken = false;
  carrier: Duplex | undefined;
  heard = true;
  quietLooks = usualQuietLooks;
  closedBecause: string | undefined;

  constructor(socket: WebSocket, hearer: PipeHearer, carrier: Duplex | undefined) {
    this.#socket = socket;
    this.#hearer = hearer;
    this.carrier = carrier;
  }

  send(head: string, payload: JsonText): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    // A confirmation, nearly always, which nothing follows and nobody waits for.
    if (payload === '' && this.#writePlain(head)) return;
    this.#gather();
    if (typeof payload === 'string') return socket.send(head + payload, this.#onWritten);
    // Copied: two pieces of a message would cost a system call more here, and a copy at the other end.
    const frame = head === '' ? payload : Buffer.concat([Buffer.from(head), payload]);
    socket.send(frame, { binary: false }, this.#onWritten);
  }

  /** A short frame, past the socket. Only a gateway does so, whose frames are not masked. */
  #writePlain(text: string): boolean {
    const { carrier } = this;
    const frame = carrier === undefined || this.#starts === undefined ? null : plainFrame(text);
    if (frame === null) return false;
    carrier?.write(frame, 'latin1');
    return true;
  }

  /** What is sent in one go reaches the system in one call, and wakes the other end once. */
  #gather(): void {
    const { carrier } = this;
    if (this.#isGathering || carrier === undefined) return;
    this.#isGathering = true;
    carrier.cork();
    process.nextTick(letGo, this, carrier);
  }

  gathered(): void {
    this.#isGathering = false;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(reason: string): void {
    const socket = this.#socket;
    this.closedBecause ??= reason;
    socket.close(closeCodes.goingAway, reason.slice(0, 120));
    // A peer that does not answer the close handshake must not hold us.
    setTimeout(() => socket.terminate(), 1_000).unref();
  }

  hear(next: PipeHearer): void {
    this.#hearer = next;
  }

  expectEach(everyMs: number): void {
    this.quietLooks = quietLooksFor(everyMs);
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  giveUp(why: string): void {
    this.closedBecause ??= why;
    this.#socket.terminate();
  }

  /** Hears short texts before the socket does, which gets the rest. */
  standBefore(carrier: Duplex): void {
    const [toSocket, ...others] = carrier.listeners('data');
    // Where somebody else listens too, the socket hears everything.
    if (toSocket === undefined || others.length > 0) return;
    const starts = new FrameStarts();
    this.#starts = starts;
    carrier.removeAllListeners('data').on('data', (chunk: Buffer) => {
      const text = starts.isAtMessage && !this.#isBroken ? readPlainFrame(chunk) : null;
      if (text !== null) {
        this.heard = true;
        return this.#hearer.onFrame(text);
      }
      // What it does not listen to any more is read all the same: the end of the connection comes behind it.
      if (this.#isBroken || starts.isOver) return;
      starts.pass(chunk);
      toSocket.call(carrier, chunk);
    });
  }

  arrived(data: RawData, isBinary: boolean): void {
    this.heard = true;
    if (isBinary) {
      this.closedBecause ??= 'the other end sent a binary frame';
      this.#socket.close(closeCodes.protocolError, 'a binary frame');
      return;
    }
    // Text frames arrive as one Buffer (ws default `binaryType`).
    this.#hearer.onFrame((data as Buffer).toString('utf8'));
  }

  /** The socket has found something wrong, and hears no more. */
  broken(why: string): void {
    this.closedBecause ??= why;
    this.#isBroken = true;
  }

  closed(code: number, reason: Buffer): void {
    stopWatching(this);
    const why = reason.length > 0 ? reason.toString('utf8') : `closed with code ${code}`;
    this.#hearer.onClosed(this.closedBecause ?? why);
  }
}

function letGo(pipe: SocketPipe, carrier: Duplex): void {
  pipe.gathered();
  carrier.uncork();
}

// Listeners of all sockets.

function onUpgrade(this: WebSocket, { socket }: IncomingMessage): void {
  pipeOf(this).carrier = socket;
}

function onSign(this: WebSocket): void {
  pipeOf(this).heard = true;
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  pipeOf(this).arrived(data, isBinary);
}

function onError(this: WebSocket, { message }: Error): void {
  pipeOf(this).broken(message);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  pipeOf(this).closed(code, reason);
}

function pipeOf(socket: WebSocket): SocketPipe {
  const pipe = pipes.get(socket);
  if (pipe === undefined) throw new Error('a socket without a pipe');
  return pipe;
}
