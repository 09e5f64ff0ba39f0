/** An HTTP proxy in front of a gateway that treats WebSockets as some companies' proxies do. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/**
 * `passes`; `refuses`: 403 to every upgrade; `fails`: 502; `resets`: breaks it off; `swallows`: lets it open and carries
 * nothing back.
 */
export type SocketPolicy = 'passes' | 'refuses' | 'fails' | 'resets' | 'swallows';

export interface TroubledProxy extends AsyncDisposable {
  readonly url: string;
  policy: SocketPolicy;
  /** Upgrades asked for, and other requests, so far. */
  readonly upgrades: number;
  readonly requests: number;
  /** Resolves when the next upgrade is asked for. */
  nextUpgrade(): Promise<unknown>;
}

export async function troubledProxy(gatewayUrl: string, policy: SocketPolicy): Promise<TroubledProxy> {
  const target = new URL(gatewayUrl);
  const sockets = new Set<Socket>();
  let upgrades = 0;
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const onward = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.on('upgrade', (incoming, near: Socket, head) => {
    upgrades += 1;
    if (proxy.policy === 'refuses') return void near.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    if (proxy.policy === 'fails') return void near.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    if (proxy.policy === 'resets') return void near.resetAndDestroy();
    const far = connect(Number(target.port), target.hostname, () => far.write(headOf(incoming) + head.toString()));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
    near.pipe(far);
    if (proxy.policy === 'passes') far.pipe(near);
    // The answer to the upgrade, and not a byte more.
    else far.once('data', (answer: Buffer) => near.write(answer.subarray(0, answer.indexOf('\r\n\r\n') + 4)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const proxy: TroubledProxy = {
    url: `http://127.0.0.1:${port}`,
    policy,
    get upgrades() {
      return upgrades;
    },
    get requests() {
      return requests;
    },
    nextUpgrade: () => once(server, 'upgrade'),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => `${rawHeaders[2 * index]}: ${rawHeaders[2 * index + 1]}`,
  );
  return `${[`${method} ${url} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`;
}
