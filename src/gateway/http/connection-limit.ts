/**
 * How many connections may be open: in all, and from one address. Connections from this computer
 * count in all only: behind a reverse proxy everyone comes from there. Links of machines that have shown
 * who they are do not count: a whole office of them may share one address.
 */
import type { Server } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';
import { apiError } from '../../contract/errors.ts';
import { endWithError } from './raw-answer.ts';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Connections beyond the limits are told so and closed. */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  let open = 0;
  const openFrom = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const origin = originOf(socket.remoteAddress ?? '');
    const already = origin === null ? 0 : (openFrom.get(origin) ?? 0);
    const full = open >= limits.connections;
    if (full || already >= limits.connectionsPerAddress) {
      const why = full ? `${limits.connections} in all` : `${limits.connectionsPerAddress} from one address`;
      const message = `There are too many connections (${why}): close some, or use them for more than one request.`;
      endWithError(socket, apiError(full ? 'queue_full' : 'rate_limit', message, { retryAfterMs: 5_000 }));
      return;
    }
    open += 1;
    if (origin !== null) openFrom.set(origin, already + 1);
    const uncount = (): void => {
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

/** Connections that count, and how to stop that. */
const counted = new WeakMap<Socket, () => void>();

/** The connection carries the link of a machine that has shown who it is. May be called again. */
export function exemptConnection(socket: Socket): void {
  counted.get(socket)?.();
}

/** Who connections are counted for, or null for this computer: an IPv4 address, or the /64 an IPv6 host owns. */
export function originOf(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (loopback.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')) return null;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + last.length < 8) groups.push('0');
  return [...groups, ...last].slice(0, 4).join(':');
}
