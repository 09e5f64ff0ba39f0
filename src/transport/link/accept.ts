/** The gateway's end: takes WebSocket upgrades on the link path of an HTTP server. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits as usualLimits } from '../../contract/limits.ts';
import { afterIdly } from '../after-idly.ts';
import { nowMs } from '../clock.ts';
import { linkPath, retryHeader } from './dial.ts';
import { createDoorkeeper, type DoorkeeperOptions } from './doorkeeper.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { socketPipe } from './socket-pipe.ts';

/** For `shouldUpgradeCallback`: any other request that asks for an upgrade is an ordinary one. */
export const isLinkUpgrade = ({ headers, url }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?', 1)[0] === linkPath;

interface Upgrade {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
}

/** What `contract/limits` says of links. */
export interface DoorLimits {
  readonly links: number;
  readonly linkHandshakes: number;
  readonly linkHandshakesPerAddress: number;
  readonly linkLine: number;
  readonly linkTriesPerMachine: number;
}

/** A listener of its own: one made for each upgrade would keep the whole request as long as the link lasts. */
function destroyIt(this: Duplex): void {
  this.destroy();
}

/**
 * Calls `onPipe` for each agent that connects. Browsers always send `Origin` and agents never
 * do, so a request that has one is turned away: no web page can speak for a machine.
 *
 * A fleet that comes all at once is let in a few at a time, and the rest is told when to come again. Machines that were let
 * in before have a door of their own, so that strangers cannot stand in their way.
 */
export function acceptLinks(
  server: Server,
  {
    limits,
    allowHost,
    allowSocket,
    visitorOf,
    onPipe,
  }: {
    readonly limits: DoorLimits;
    allowHost(host: string | undefined, at: { readonly localAddress?: string | undefined }): boolean;
    /** Whether a machine may speak over this connection: prompts never travel in clear. */
    allowSocket(socket: Socket): boolean;
    /** Whom an upgrade is counted with, and whether that machine was let in before. */
    visitorOf(request: IncomingMessage): { readonly origin: string; readonly isKnown: boolean };
    /** `onWelcome`: to be called when the machine has shown who it is. */
    onPipe(connect: (hearer: PipeHearer) => Pipe, request: IncomingMessage, onWelcome: () => void): void;
  },
): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: usualLimits.linkTakenFrameBytes,
  });
  const take = (socket: WebSocket, request: IncomingMessage): void =>
    onPipe(
      (hearer) => socketPipe(socket, hearer, request.socket),
      request,
      () => {
        visits.get(request.socket)?.();
      },
    );
  const refuse = (stream: Duplex, status: string, header = ''): void => {
    stream.end(`HTTP/1.1 ${status}\r\n${header}connection: close\r\ncontent-length: 0\r\n\r\n`);
  };
  const manners: Pick<DoorkeeperOptions<Upgrade>, 'nowMs' | 'after' | 'enter' | 'turnAway'> = {
    nowMs,
    after: afterIdly,
    enter({ request, stream, head }) {
      // The answer to the upgrade and the first frame leave together.
      stream.cork();
      sockets.handleUpgrade(request, stream, head, (socket) => take(socket, request));
      process.nextTick(() => stream.uncork());
    },
    turnAway: ({ stream }, againMs) => refuse(stream, '503 Service Unavailable', `${retryHeader}: ${againMs}\r\n`),
  };
  const room = { atOnce: limits.linkHandshakes, inLine: limits.linkLine };
  const { linkHandshakesPerAddress, linkTriesPerMachine } = limits;
  const doors = {
    strangers: createDoorkeeper<Upgrade>({ ...manners, ...room, atOnceOfOne: linkHandshakesPerAddress }),
    known: createDoorkeeper<Upgrade>({
      ...manners,
      ...room,
      atOnceOfOne: linkTriesPerMachine,
      inLineOfOne: linkTriesPerMachine,
    }),
  };
  /** Connections whose machine has not shown who it is, and how to note that it has. */
  const visits = new WeakMap<Duplex, () => void>();
  const visit = (upgrade: Upgrade): void => {
    const { stream, request } = upgrade;
    const { origin, isKnown } = visitorOf(request);
    const door = isKnown ? doors.known : doors.strangers;
    const over = (): void => {
      if (!visits.delete(stream)) return;
      stream.off('close', over);
      door.done(upgrade);
    };
    visits.set(stream, over);
    stream.once('close', over);
    door.knock(upgrade, origin);
  };
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', destroyIt);
    if (!allowHost(request.headers.host, request.socket)) return refuse(stream, '421 Misdirected Request');
    if (request.headers.origin !== undefined) return refuse(stream, '403 Forbidden');
    if (!isLinkUpgrade(request)) return refuse(stream, '404 Not Found');
    if (!allowSocket(request.socket)) return refuse(stream, '403 Forbidden');
    if (sockets.clients.size >= limits.links) return refuse(stream, '503 Service Unavailable');
    visit({ request, stream, head });
  });
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
