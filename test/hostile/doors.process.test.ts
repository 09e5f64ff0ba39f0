/**
 * Somebody without any credential floods the doors through which machines link, from one address (127.0.0.2): a machine that
 * comes from another one is let in all the same.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptPass } from '../../src/agent/kept-pass.ts';
import { linkPath } from '../../src/transport/link/dial.ts';
import { pollPaths } from '../../src/transport/link/poll-pipe.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { bareAgent } from '../support/bare-agent.ts';
import { troubledProxy } from '../support/troubled-proxy.ts';
import { type HostileYard, startHostileYard } from './start-gateway.ts';

const connections = 40;
const localAddress = '127.0.0.2';
/** A machine is in after this long, ms. */
const patienceMs = 5_000;

/** Goes on until it is disposed of. */
interface Flood extends Disposable {
  /** Resolves when the gateway has begun to turn it away. */
  readonly atItsHeight: Promise<void>;
}

/** One thing over and over, by each of the connections. `attempt` resolves when it may be done again: true when it was refused. */
function flood(attempt: () => Promise<boolean>, close: () => void): Flood {
  let isOver = false;
  const height = Promise.withResolvers<void>();
  for (let index = 0; index < connections; index += 1) {
    void (async () => {
      while (!isOver) if (await attempt()) height.resolve();
    })();
  }
  return {
    atItsHeight: height.promise,
    [Symbol.dispose]() {
      isOver = true;
      close();
    },
  };
}

/** Pipes that nobody proves, over connections that are kept. */
function floodOfPipes({ port }: URL): Flood {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, localAddress });
  return flood(
    () =>
      new Promise((resolve) => {
        const asking = request({ host: '127.0.0.1', port, path: pollPaths.open, method: 'POST', agent });
        asking.on('error', () => resolve(false));
        asking.on('response', (response) => {
          response.resume().on('end', () => resolve(response.statusCode === 529));
        });
        asking.end();
      }),
    () => agent.destroy(),
  );
}

/** Connections that say this and nothing more, made anew whenever the gateway closes one; its last word says whether it was refused. */
function floodOfSockets(
  { port }: URL,
  said: string,
  isRefusal: (answer: string) => boolean,
  from: readonly string[] = [localAddress],
): Flood {
  const sockets = new Set<ReturnType<typeof connect>>();
  let turn = 0;
  const attempt = () =>
    new Promise<boolean>((resolve) => {
      turn += 1;
      const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: from[turn % from.length]! });
      sockets.add(socket);
      let answer = '';
      socket.setEncoding('latin1').on('data', (text) => {
        answer += text;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        resolve(isRefusal(answer));
      });
      socket.write(said, 'latin1');
    });
  return flood(attempt, () => {
    for (const socket of sockets) socket.destroy();
  });
}

const upgrade = `GET ${linkPath} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
/** The beginning of a TLS record that says hello, and is never finished. */
const halfHello = '\x16\x03\x01\x02\x00\x01';

async function linksMeanwhile(yard: HostileYard, flooding: Flood, way: 'websocket' | 'http'): Promise<void> {
  await flooding.atItsHeight;
  await using proxy =
    way === 'http' && yard.certificate === undefined ? await troubledProxy(yard.url, 'refuses') : null;
  const { identity, name } = await yard.admit();
  const trust = yard.certificate === undefined ? {} : { pinned: yard.certificate };
  const startedMs = performance.now();
  const machine = bareAgent({ gatewayUrl: proxy?.url ?? yard.linkUrl, trust, identity, name });
  await machine.next('linked to the gateway');
  const tookMs = performance.now() - startedMs;
  await machine.close();
  assert.ok(tookMs < patienceMs, `linked after ${tookMs} ms`);
}

test('pipes that nobody proves, opened over 40 connections, keep no machine out', async () => {
  await using yard = await startHostileYard();
  using flooding = floodOfPipes(new URL(yard.url));
  await linksMeanwhile(yard, flooding, 'http');
  await linksMeanwhile(yard, flooding, 'websocket');
});

test('upgrades whose machine never says hello keep no machine out', async () => {
  // As many times fewer than usual as connections are.
  await using yard = await startHostileYard({
    edgeLimits: { linkHandshakes: 8, linkHandshakesPerAddress: 6, linkLine: 16 },
  });
  using flooding = floodOfSockets(new URL(yard.url), upgrade, (answer) => answer.startsWith('HTTP/1.1 503'));
  await linksMeanwhile(yard, flooding, 'websocket');
  await linksMeanwhile(yard, flooding, 'http');
});

test('connections that are kept without a key keep no machine out', async () => {
  await using yard = await startHostileYard({ edgeLimits: { connections: 20 } });
  const asked = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
  using flooding = floodOfSockets(new URL(yard.url), asked, (answer) => answer.startsWith('HTTP/1.1 529'));
  await linksMeanwhile(yard, flooding, 'websocket');
});

test('handshakes of TLS that are never finished keep no machine out, and are bounded', async () => {
  await using yard = await startHostileYard({
    withTls: true,
    edgeLimits: { connectionsUnfinished: 32, connectionsUnfinishedPerAddress: 32 },
  });
  const startedMs = performance.now();
  using flooding = floodOfSockets(new URL(yard.linkUrl), halfHello, () => performance.now() - startedMs < patienceMs);
  await linksMeanwhile(yard, flooding, 'websocket');
});

test('a machine whose agent was started again is let in where strangers of everywhere keep the door full', async () => {
  // As many times fewer than usual as there are addresses.
  await using yard = await startHostileYard({
    edgeLimits: { linkHandshakes: 4, linkHandshakesPerAddress: 2, linkLine: 8 },
  });
  const { identity, name } = await yard.admit();
  const { gatewayUrl, passFile } = { gatewayUrl: yard.linkUrl, passFile: join(yard.directory, 'link-pass.json') };
  const started = (file: string | undefined) =>
    bareAgent({ ...{ gatewayUrl, trust: {}, identity, name }, pass: keptPass(file, gatewayUrl, silentLog) });
  const first = started(passFile);
  await first.next('linked to the gateway');
  await first.close();
  assert.equal(statSync(passFile).mode & 0o777, 0o600);

  const isRefusal = (answer: string): boolean => answer.startsWith('HTTP/1.1 503');
  const addresses = Array.from({ length: 40 }, (_, index) => `127.0.1.${index + 1}`);
  using flooding = floodOfSockets(new URL(yard.url), upgrade, isRefusal, addresses);
  await flooding.atItsHeight;
  const stranger = started(undefined);
  await using again = started(passFile);
  // Turned away, and told when to come again.
  const turnedAway = await Promise.race([
    stranger.next('not linked to the gateway').then(() => true),
    stranger.next('linked to the gateway').then(() => false),
  ]);
  await stranger.close();
  await again.next('linked to the gateway');
  assert.ok(turnedAway, 'nobody keeps the door full');
});
