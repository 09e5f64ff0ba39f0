/** A pipe over a WebSocket. Pings find a peer that has vanished, and keep proxies from dropping an idle one. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { limits } from '../../contract/limits.ts';
import type { JsonText } from '../../session/lanes.ts';
import type { Pipe, PipeHearer } from './pipe.ts';

const closeCodes = { goingAway: 1001, protocolError: 1002 } as const;

/** Takes over an open (or opening) socket. `carrier`: the connection below it, where it is open already. */
export function socketPipe(socket: WebSocket, firstHearer: PipeHearer, carrier?: Duplex): Pipe {
  let hearer = firstHearer;
  let connection = carrier;
  let isGathering = false;
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
    if (isBinary) {
      closedBecause ??= 'the other end sent a binary frame';
      socket.close(closeCodes.protocolError, 'a binary frame');
      return;
    }
    // Text frames arrive as one Buffer (ws default `binaryType`).
    hearer.onFrame((data as Buffer).toString('utf8'));
  });
  socket.on('error', (error) => {
    closedBecause ??= error.message;
  });
  socket.on('close', (code, reason) => {
    clearInterval(pinger);
    hearer.onClosed(closedBecause ?? (reason.length > 0 ? reason.toString('utf8') : `closed with code ${code}`));
  });
  socket.once('upgrade', (response) => {
    connection = response.socket;
  });
  const onWritten = (): void => hearer.onWritable();

  /** What is sent in one go reaches the system in one call, and wakes the other end once. */
  const gather = (): void => {
    if (isGathering || connection === undefined) return;
    isGathering = true;
    connection.cork();
    process.nextTick(letGo, connection);
  };
  const letGo = (gathered: Duplex): void => {
    isGathering = false;
    gathered.uncork();
  };

  return {
    send(head: string, payload: JsonText) {
      if (socket.readyState !== socket.OPEN) return;
      gather();
      if (typeof payload === 'string') return socket.send(head + payload, onWritten);
      // Copied: two pieces of a message would cost a system call more here, and a copy at the other end.
      const frame = head === '' ? payload : Buffer.concat([Buffer.from(head), payload]);
      socket.send(frame, { binary: false }, onWritten);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close(reason) {
      closedBecause ??= reason;
      socket.close(closeCodes.goingAway, reason.slice(0, 120));
      // A peer that does not answer the close handshake must not hold us.
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
    hear(next) {
      hearer = next;
    },
  };
}
