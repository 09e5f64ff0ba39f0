/**
 * One port for both: what begins as TLS is decrypted, the rest is taken as it is where the caller
 * allows it. So clients on this machine need no certificate, and others cannot do without.
 */
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { limits } from '../../contract/limits.ts';
import { Crowd, type CrowdRoom } from '../link/crowd.ts';
import type { Certificate } from './certificate.ts';

export interface OnePortOptions {
  /** Addresses to listen at, the same port at each. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly certificate: Certificate;
  /** Room for connections that have not said whether they speak TLS, or whose handshake is not through. */
  readonly unfinished: CrowdRoom;
  /** Whom a connection from an address is counted with. */
  originOf(remoteAddress: string): string;
  /** Whether this address may speak without TLS. */
  allowsPlain(remoteAddress: string): boolean;
  /** Takes a connection, decrypted where it was encrypted. */
  onConnection(socket: Socket): void;
}

export interface OnePort {
  readonly port: number;
  close(): Promise<void>;
}

/** The first byte of a TLS connection: a handshake record (RFC 8446, 5.1). */
const handshakeRecord = 0x16;
/** A connection that says nothing at all, or does not get through its handshake, is closed, ms. */
const unfinishedMs = 10_000;
const tlsRequired =
  'HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n' +
  'This gateway speaks TLS only to other machines: use https://.\n';

/** Rejects with the listener's error (EADDRINUSE) when it cannot listen. */
export async function listenOnOnePort(options: OnePortOptions): Promise<OnePort> {
  const { key, certificate: cert } = options.certificate;
  const tls = createTlsServer({ key, cert, minVersion: 'TLSv1.2', handshakeTimeout: unfinishedMs });
  tls.on('secureConnection', (socket) => {
    finished.get(portsOf(socket))?.();
    options.onConnection(socket);
  });
  tls.on('tlsClientError', (_error, socket) => socket.destroy());

  const open = new Set<Socket>();
  const unfinished = new Crowd<Socket>(options.unfinished);
  /** What to do when a handshake is through, by the ports of its connection: a TLS socket does not tell what it stands on. */
  const finished = new Map<string, () => void>();
  const take = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    unfinished.enter(socket, options.originOf(socket.remoteAddress ?? ''))?.destroy();
    const silence = setTimeout(() => socket.destroy(), unfinishedMs).unref();
    const name = portsOf(socket);
    const finish = (): void => {
      clearTimeout(silence);
      unfinished.leave(socket);
      if (finished.get(name) === finish) finished.delete(name);
    };
    finished.set(name, finish);
    socket.once('close', finish);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      if (first[0] === handshakeRecord) tls.emit('connection', socket);
      else if (options.allowsPlain(socket.remoteAddress ?? '')) {
        finish();
        options.onConnection(socket);
      } else return void socket.end(tlsRequired);
      socket.unshift(first);
      process.nextTick(() => socket.resume());
    });
  };

  const servers: TcpServer[] = [];
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  let { port } = options;
  try {
    for (const host of options.hosts) {
      const server = createTcpServer({ noDelay: true }, take);
      port = await listening(server, host, port);
      servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

/** The same for a connection and for the TLS socket that stands on it. */
const portsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;

/** The port it listens at. */
function listening(server: TcpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: limits.connectionBacklog }, () => {
      server.off('error', reject);
      // A TCP listener has an AddressInfo.
      resolve((server.address() as AddressInfo).port);
    });
  });
}
