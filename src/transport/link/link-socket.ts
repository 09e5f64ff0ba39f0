/**
 * One end of the link over a WebSocket: JSON text frames that were checked on arrival. What is
 * malformed ends the connection; what is merely unknown is counted and ignored, so that versions
 * can differ.
 */
import type { WebSocket } from 'ws';
import { limits } from '../../contract/limits.ts';
import type { Read } from '../../contract/link/messages.ts';

export interface LinkSocket<Outgoing> {
  send(message: Outgoing): void;
  /** Sends one message that is JSON already, in pieces: large requests are serialised once and never copied. */
  sendFrame(...pieces: readonly JsonText[]): void;
  /** Frames of an unknown type seen so far. */
  readonly unknownFrames: number;
  /** Ends the connection; `reason` is for the other end's log. */
  close(reason: string): void;
}

/** JSON, or a piece of it, as text or as its UTF-8 bytes. */
export type JsonText = string | Uint8Array;

export interface LinkHandlers<Incoming> {
  onMessage(message: Incoming): void;
  /** Exactly once, also when the connection never worked. */
  onClosed(why: string): void;
}

const closeCodes = { goingAway: 1001, protocolError: 1002 } as const;

/** Takes over an open (or opening) socket. */
export function linkSocket<Incoming, Outgoing>(
  socket: WebSocket,
  read: (frame: string) => Read<Incoming>,
  handlers: LinkHandlers<Incoming>,
): LinkSocket<Outgoing> {
  let unknownFrames = 0;
  let heardSincePing = true;
  let closedBecause: string | undefined;

  // Proxies drop idle sockets after 60 s; a peer that vanished without a FIN is found the same way.
  const pinger = setInterval(() => {
    if (!heardSincePing) {
      closedBecause ??= `nothing heard for ${limits.linkPingMs / 1000} s`;
      socket.terminate();
      return;
    }
    heardSincePing = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, limits.linkPingMs);
  pinger.unref();

  socket.on('pong', () => {
    heardSincePing = true;
  });
  socket.on('message', (data, isBinary) => {
    heardSincePing = true;
    const result: Read<Incoming> = isBinary
      ? { kind: 'malformed', why: 'a binary frame' }
      : // Text frames arrive as one Buffer (ws default `binaryType`).
        read((data as Buffer).toString('utf8'));
    switch (result.kind) {
      case 'message':
        return handlers.onMessage(result.message);
      case 'unknown':
        unknownFrames += 1;
        return;
      case 'malformed':
        closedBecause ??= `the other end sent a malformed frame (${result.why})`;
        socket.close(closeCodes.protocolError, result.why);
    }
  });
  socket.on('error', (error) => {
    closedBecause ??= error.message;
  });
  socket.on('close', (code, reason) => {
    clearInterval(pinger);
    handlers.onClosed(closedBecause ?? (reason.length > 0 ? reason.toString('utf8') : `closed with code ${code}`));
  });

  const sendFrame = (...pieces: readonly JsonText[]): void => {
    if (socket.readyState !== socket.OPEN) return;
    // One frame for text; bytes go out as they are, in frames of their own.
    if (pieces.every((piece) => typeof piece === 'string')) return socket.send(pieces.join(''));
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) socket.send(piece, { binary: false, fin: index === last });
  };
  return {
    send: (message) => sendFrame(JSON.stringify(message)),
    sendFrame,
    get unknownFrames() {
      return unknownFrames;
    },
    close(reason) {
      closedBecause ??= reason;
      socket.close(closeCodes.goingAway, reason.slice(0, 120));
      // A peer that does not answer the close handshake must not hold us.
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
  };
}
