/**
 * A forward proxy as companies have them: an authenticated CONNECT, names that it alone can resolve, TLS
 * that it opens where it is told to, and no patience with connections on which nothing passes.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificate } from '../../src/transport/tls/certificate.ts';

/** Where a name leads. */
export interface Destination {
  /** On this machine. */
  readonly port: number;
  /** The proxy opens TLS with this certificate, and passes on in clear what it finds. */
  readonly opensWith?: Pick<Certificate, 'key' | 'certificate'>;
}

export interface ConnectProxyOptions {
  /** By the authority of the CONNECT: `gateway.test:443`. Others are answered with 502. */
  readonly destinations: Readonly<Record<string, Destination>>;
  /** `user:password`; left out: everybody may use it. */
  readonly credentials?: string;
  /** A tunnel on which one direction is silent for this long is cut, ms. Left out: never. */
  readonly idleMs?: number;
}

/** One CONNECT. */
export interface ProxyLine {
  readonly authority: string;
  readonly status: 200 | 407 | 502;
}

export interface ConnectProxy extends AsyncDisposable {
  /** For HTTPS_PROXY, with credentials. */
  readonly url: string;
  readonly port: number;
  /** Every CONNECT so far, in order. */
  readonly log: readonly ProxyLine[];
  /** Requests that were no CONNECT. */
  readonly others: number;
  /** Tunnels that were cut for their silence. */
  readonly cuts: number;
  /** The longest silence of one direction of an open tunnel, ms, those that last still included. */
  longestSilenceMs(): number;
}

/** Whoever is let through arrives at the destination from this address, which only the proxy uses. */
export const proxyAddress = '127.0.0.77';

interface Direction {
  lastMs: number;
}

export async function connectProxy({ destinations, credentials, idleMs }: ConnectProxyOptions): Promise<ConnectProxy> {
  const log: ProxyLine[] = [];
  const sockets = new Set<Duplex>();
  const open = new Set<Direction>();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  let others = 0;
  let cuts = 0;
  let longestMs = 0;

  function passed(direction: Direction): void {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - direction.lastMs);
    direction.lastMs = nowMs;
  }

  function join(near: Duplex, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const direction = { lastMs: performance.now() };
      let silence: NodeJS.Timeout | undefined;
      const listen = (): void => {
        clearTimeout(silence);
        if (idleMs === undefined) return;
        silence = setTimeout(() => {
          cuts += 1;
          near.destroy();
          far.destroy();
        }, idleMs);
      };
      open.add(direction);
      listen();
      from.on('data', (bytes) => {
        passed(direction);
        listen();
        to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        clearTimeout(silence);
        open.delete(direction);
        to.destroy();
      });
    }
  }

  const server = createServer((_request, response) => {
    others += 1;
    response.writeHead(405).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', ({ url: authority = '', headers }, near: Duplex) => {
    const answer = (status: ProxyLine['status'], text: string): void => {
      log.push({ authority, status });
      near.write(`HTTP/1.1 ${status} ${text}\r\n\r\n`);
    };
    near.on('error', () => {});
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted) {
      answer(407, 'Proxy Authentication Required\r\nproxy-authenticate: Basic realm="proxy"\r\nconnection: close');
      return void near.end();
    }
    const destination = destinations[authority];
    if (destination === undefined) {
      answer(502, 'Bad Gateway\r\nconnection: close');
      return void near.end();
    }
    const far = connect({ port: destination.port, host: '127.0.0.1', localAddress: proxyAddress });
    sockets.add(far);
    far.on('close', () => sockets.delete(far));
    far.on('error', () => near.destroy());
    far.once('connect', () => {
      answer(200, 'Connection Established');
      join(destination.opensWith === undefined ? near : opened(near, destination.opensWith), far);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`,
    port,
    log,
    get others() {
      return others;
    },
    get cuts() {
      return cuts;
    },
    longestSilenceMs() {
      for (const direction of open) longestMs = Math.max(longestMs, performance.now() - direction.lastMs);
      return longestMs;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The near end, decrypted. */
function opened(near: Duplex, { key, certificate: cert }: Pick<Certificate, 'key' | 'certificate'>): TLSSocket {
  const socket = new TLSSocket(near, { isServer: true, secureContext: createSecureContext({ key, cert }) });
  socket.on('error', () => near.destroy());
  return socket;
}
