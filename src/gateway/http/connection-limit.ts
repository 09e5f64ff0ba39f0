/**
 * How many connections may be open: in all, and from one address. Connections from this computer, and from the reverse
 * proxy in front wherever it is, count in all only: everyone comes from there. Links of machines that have shown
 * who they are do not count: a whole office of them may share one address.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { apiError } from '../../contract/errors.ts';
import { Crowd } from '../../transport/link/crowd.ts';
import { endWithError } from './raw-answer.ts';
import { isThisComputer, networkOf, originOf, plainAddress } from './visitors.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Connections beyond the limits are told so and closed. */
export function limitConnections(
  server: Server,
  limits: ConnectionLimits,
  isProxy: (address: string) => boolean = () => false,
): void {
  let open = 0;
  /** Those that have shown neither a key nor a machine, by their network. */
  const strangers = new Crowd<Socket>({ most: limits.connections });
  const openFrom = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const origin = isThisComputer(address) || isProxy(address) ? null : originOf(address);
    const already = origin === null ? 0 : (openFrom.get(origin) ?? 0);
    const network = networkOf(address);
    // A stranger of the network that has most of them makes room.
    const leaves = open >= limits.connections ? strangers.takeFor(network) : undefined;
    if (leaves !== undefined) {
      exemptConnection(leaves);
      leaves.destroy();
    }
    const full = open >= limits.connections;
    if (full || already >= limits.connectionsPerAddress) {
      const why = full ? `${limits.connections} in all` : `${limits.connectionsPerAddress} from one address`;
      const message = `There are too many connections (${why}): close some, or use them for more than one request.`;
      endWithError(socket, apiError(full ? 'queue_full' : 'rate_limit', message, { retryAfterMs: 5_000 }));
      return;
    }
    open += 1;
    strangers.enter(socket, network);
    proven.set(socket, () => strangers.leave(socket));
    if (origin !== null) openFrom.set(origin, already + 1);
    const uncount = (): void => {
      strangers.leave(socket);
      if (!counted.delete(socket)) return;
      open -= 1;
      if (origin === null) return;
      const left = (openFrom.get(origin) ?? 1) - 1;
      if (left === 0) openFrom.delete(origin);
      else openFrom.set(origin, left);
    };
    counted.set(socket, uncount);
    socket.once('close', uncount);
  });
}

/** How to note of a connection that who speaks over it is known. */
const proven = new WeakMap<Socket, () => void>();

/** A request over this connection has shown a key: it makes room for no other. May be called again. */
export function provenConnection(socket: Socket): void {
  proven.get(socket)?.();
  proven.delete(socket);
}

/** Connections that count, and how to stop that. */
const counted = new WeakMap<Socket, () => void>();

/** The connection carries the link of a machine that has shown who it is. May be called again. */
export function exemptConnection(socket: Socket): void {
  counted.get(socket)?.();
}
