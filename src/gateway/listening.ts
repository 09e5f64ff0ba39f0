/**
 * Who may reach the gateway, and how. Three ways:
 *
 * - this machine only, in plain HTTP (the default);
 * - everybody, by TLS with the gateway's own certificate; plain HTTP from this machine, and from
 *   private networks where the owner allows it, for clients but never for machines;
 * - a reverse proxy in front that speaks TLS for us.
 */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { limits } from '../contract/limits.ts';
import type { Certificate } from '../transport/tls/certificate.ts';
import { listenOnOnePort } from '../transport/tls/one-port.ts';
import { isIn, isThisComputer, networkOf, networksOf, plainAddress, proxyCheck } from './http/visitors.ts';

export type Reach =
  | { readonly kind: 'loopback' }
  | { readonly kind: 'tls'; readonly certificate: Certificate; readonly plainOnPrivateNetworks: boolean }
  | {
      readonly kind: 'behind-tls-proxy';
      /** Addresses and networks the proxy connects from; none: from this machine. */
      readonly proxies?: readonly string[];
    };

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: { readonly connectionsUnfinished: number; readonly connectionsUnfinishedPerAddress: number };
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with the listener's error (EADDRINUSE) when it cannot listen. */
export async function listen(
  app: FastifyInstance,
  reach: Reach,
  { host, port, limits: { connectionsUnfinished, connectionsUnfinishedPerAddress } }: ListenOptions,
): Promise<Listener> {
  if (reach.kind !== 'tls') {
    await app.listen({ host, port, backlog: limits.connectionBacklog });
    // A TCP listener has an AddressInfo.
    return { port: (app.server.address() as AddressInfo).port, close: async () => {} };
  }
  await app.ready();
  startTimeLimits(app.server);
  const { certificate, plainOnPrivateNetworks } = reach;
  return listenOnOnePort({
    // This machine finds its gateway at the usual place, also when it listens at one address for others.
    hosts: alsoLoopback.has(host) ? [host] : [host, '127.0.0.1'],
    port,
    certificate,
    unfinished: { most: connectionsUnfinished, mostOfOne: connectionsUnfinishedPerAddress },
    originOf: networkOf,
    allowsPlain: (address) => isThisComputer(address) || (plainOnPrivateNetworks && isPrivate(address)),
    onConnection: (socket) => app.server.emit('connection', socket),
  });
}

/** Addresses that include 127.0.0.1. */
const alsoLoopback = new Set(['127.0.0.1', 'localhost', '0.0.0.0', '::']);

/** Where programs on this machine find the gateway. */
export function localUrl(reach: Reach, host: string, port: number): string {
  const local = reach.kind === 'tls' || alsoLoopback.has(host) ? '127.0.0.1' : host;
  return `http://${local.includes(':') ? `[${local}]` : local}:${port}`;
}

/** Where other machines find it: undefined when nobody else can. A proxy listens on its own port, the usual one of https. */
export function publicUrlOf({ kind }: Reach, name: string | null, port: number): string | undefined {
  if (name === null) return undefined;
  return kind === 'behind-tls-proxy' ? `https://${name}` : `https://${name}:${port}`;
}

/**
 * Whether a machine may link over a connection: prompts never travel in clear. Behind a proxy whose addresses are not named
 * everybody is taken for it.
 */
export function linkCheck(reach: Reach): (socket: Socket) => boolean {
  const isProxy = proxyCheck(reach);
  const isOpen = reach.kind === 'behind-tls-proxy' && (reach.proxies ?? []).length === 0;
  return (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    return isOpen || isProxy(address) || isThisComputer(address) || (socket as TLSSocket).encrypted === true;
  };
}

/** A server that is handed its connections never listens, and Node starts its time limits when it does. */
function startTimeLimits(server: Server): void {
  server.emit('listening');
}

const privateNetworks = networksOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);

/** RFC 1918, unique local and link-local addresses. */
const isPrivate = (address: string): boolean => isIn(privateNetworks, plainAddress(address));
