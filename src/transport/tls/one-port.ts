/**
 * One port for both: what begins as TLS is decrypted, the rest is taken as it is where the caller
 * allows it. So clients on this machine need no certificate, and others cannot do without.
 */
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { limits } from '../../contract/limits.ts';
import type { Certificate } from './certificate.ts';

export interface OnePortOptions {
  /** Addresses to listen at, the same port at each. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly certificate: Certificate;
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
/** A connection that says nothing at all is closed, ms. */
const firstByteMs = 10_000;
const tlsRequired =
  'HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n' +
  'This gateway speaks TLS only to other machines: use https://.\n';

/** Rejects with the listener's error (EADDRINUSE) when it cannot listen. */
export async function listenOnOnePort(options: OnePortOptions): Promise<OnePort> {
  const { key, certificate: cert } = options.certificate;
  const tls = createTlsServer({ key, cert, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 });
  tls.on('secureConnection', (socket) => options.onConnection(socket));
  tls.on('tlsClientError', (_error, socket) => socket.destroy());

  const open = new Set<Socket>();
  const take = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const silence = setTimeout(() => socket.destroy(), firstByteMs).unref();
    socket.once('close', () => clearTimeout(silence));
    socket.once('data', (first: Buffer) => {
      clearTimeout(silence);
      socket.pause();
      if (first[0] === handshakeRecord) tls.emit('connection', socket);
      else if (options.allowsPlain(socket.remoteAddress ?? '')) options.onConnection(socket);
      else return void socket.end(tlsRequired);
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
