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
  /** When something passed to the gateway last, on the clock of `performance`. */
  readonly passedAtMs: number;
  /** What has passed to the agent so far, bytes. */
  readonly deliveredBytes: number;
  /** From now on everything arrives late, by up to `jitterMs`, and much later with the chance of a lost packet; in order. */
  roughen(weather: RoughWeather): void;
  /** Nothing passes any more, and nobody is told: Wi-Fi out of reach, a machine asleep. New connections hang. */
  stall(): void;
  /** Every connection is reset, and new ones are refused: a router that starts again. */
  reset(): void;
  /** All is well again. What was stalled goes on where it stopped. */
  heal(): void;
  /** All is well again for new connections; those that were stalled are dead, and what was on its way in them is lost. */
  healForgetting(): void;
}

export interface RoughWeather {
  readonly jitterMs: number;
  readonly lossChance: number;
}

/** TCP waits this long before it sends a lost packet again, and twice as long each further time, ms. */
const firstResendMs = 600;

function delayMs({ jitterMs, lossChance }: RoughWeather): number {
  let delay = Math.random() * jitterMs;
  for (let waitMs = firstResendMs; Math.random() < lossChance; waitMs *= 2) delay += waitMs;
  return delay;
}

/** `gatewayUrl` may be told later, when the gateway has its port. */
export async function troubledNetwork(gatewayUrl: string): Promise<TroubledNetwork> {
  const target = new URL(gatewayUrl);
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  let state: 'well' | 'stalled' | 'down' = 'well';
  const sources: string[] = [];
  let weather: RoughWeather = { jitterMs: 0, lossChance: 0 };
  let passedAtMs = performance.now();
  let deliveredBytes = 0;

  const server = createServer((near) => {
    if (state === 'down') return near.resetAndDestroy();
    sources.push(near.remoteAddress ?? '');
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [socket, other] of [pair, [far, near] as const]) {
      let lastArrivalMs = 0;
      socket.on('data', (chunk) => {
        const pass = (): void => {
          if (other === far) passedAtMs = performance.now();
          else deliveredBytes += chunk.length;
          other.write(chunk);
        };
        if (weather.jitterMs === 0 && lastArrivalMs < performance.now()) return pass();
        lastArrivalMs = Math.max(lastArrivalMs, performance.now() + delayMs(weather));
        setTimeout(pass, lastArrivalMs - performance.now());
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        // A stalled network carries no goodbyes either: the other end is there until all is well, or over.
        if (state !== 'stalled') other.destroy();
        if (other.destroyed) pairs.delete(pair);
      });
    }
    if (state === 'stalled') for (const socket of pair) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function heal(): void {
    state = 'well';
    weather = { jitterMs: 0, lossChance: 0 };
    for (const pair of pairs) {
      for (const [socket, other] of [pair, [pair[1], pair[0]] as const]) {
        socket.resume();
        if (other.destroyed) socket.destroy();
      }
    }
  }

  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return sources.length;
    },
    sources,
    get passedAtMs() {
      return passedAtMs;
    },
    get deliveredBytes() {
      return deliveredBytes;
    },
    roughen(next) {
      weather = next;
    },
    stall() {
      state = 'stalled';
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    reset() {
      state = 'down';
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    heal,
    healForgetting() {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
      heal();
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
