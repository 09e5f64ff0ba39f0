/** A piece of network between an agent and its gateway: forwards TCP, and fails in the ways networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TroubledNetwork extends AsyncDisposable {
  /** What to dial in place of the gateway. */
  readonly url: string;
  /** Connections made so far. */
  readonly connections: number;
  /** The address each of them came from. */
  readonly sources: readonly string[];
  /** Nothing passes any more, and nobody is told: Wi-Fi out of reach, a machine asleep. New connections hang. */
  stall(): void;
  /** Every connection is reset, and new ones are refused: a router that starts again. */
  reset(): void;
  /** All is well again. What was stalled goes on where it stopped. */
  heal(): void;
}

/** `gatewayUrl` may be told later, when the gateway has its port. */
export async function troubledNetwork(gatewayUrl: string): Promise<TroubledNetwork> {
  const target = new URL(gatewayUrl);
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  let state: 'well' | 'stalled' | 'down' = 'well';
  const sources: string[] = [];

  const server = createServer((near) => {
    if (state === 'down') return near.resetAndDestroy();
    sources.push(near.remoteAddress ?? '');
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [socket, other] of [pair, [far, near] as const]) {
      socket.on('data', (chunk) => void other.write(chunk));
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        // A stalled network carries no goodbyes either.
        if (state !== 'stalled') other.destroy();
      });
    }
    if (state === 'stalled') for (const socket of pair) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return sources.length;
    },
    sources,
    stall() {
      state = 'stalled';
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    reset() {
      state = 'down';
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    heal() {
      state = 'well';
      for (const pair of pairs) {
        for (const [socket, other] of [pair, [pair[1], pair[0]] as const]) {
          socket.resume();
          if (other.destroyed) socket.destroy();
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
