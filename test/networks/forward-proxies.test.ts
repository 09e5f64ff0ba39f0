/**
 * Machines in a company's network: the way to the gateway leads through a proxy that wants a password, opens TLS
 * with an authority of its own, lets no WebSocket through, and cuts connections that are silent. Real agents with the real
 * engine, and each answers a request over its way.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { ask, turn } from '../support/ask.ts';
import { certificateAuthority } from '../support/authority.ts';
import { type ConnectProxy, connectProxy, proxyAddress } from '../support/connect-proxy.ts';
import { type Environment, type OpenGateway, openGateway } from '../support/join-machines.ts';
import { until } from '../support/processes.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { type TroubledNetwork, troubledNetwork } from '../support/troubled-network.ts';
import { type TroubledProxy, troubledProxy } from '../support/troubled-proxy.ts';

/** Known to nobody but the proxies. */
const name = 'gateway.test';
/** Shorter than the 20 s between two pings, longer than the 6 s that two heartbeats are apart at most. */
const idleMs = 10_000;
const password = 'ann:a%20secret';

let office: OpenGateway;
/** In front of the gateway, and each used by one machine alone: who came by? */
let door: TroubledNetwork;
let sideDoor: TroubledNetwork;
/** In front of the gateway too: lets no WebSocket through. */
let withoutSockets: TroubledProxy;
/** Tunnels. */
let honest: ConnectProxy;
/** Opens TLS, and cuts what is silent. */
let nosy: ConnectProxy;
/** Opens TLS, and lets no WebSocket through. */
let strict: ConnectProxy;
let caFile = '';

before(async () => {
  office = await openGateway({ engine: { real: { window: 4_096, slots: 1 } }, hostNames: [name] });
  door = await troubledNetwork(office.gateway.url);
  sideDoor = await troubledNetwork(office.gateway.url);
  withoutSockets = await troubledProxy(office.gateway.url, 'refuses');
  const authority = await certificateAuthority();
  caFile = join(office.scratch, 'authority.pem');
  writeFileSync(caFile, authority.certificate);
  const opensWith = await authority.issue(name);
  const port = Number(new URL(door.url).port);
  const { port: behind } = office.gateway;
  honest = await connectProxy({
    credentials: decodeURIComponent(password),
    destinations: { [`localhost:${port}`]: { port }, [`${name}:443`]: { port: behind } },
  });
  nosy = await connectProxy({ destinations: { [`${name}:443`]: { port: behind, opensWith } }, idleMs });
  strict = await connectProxy({
    destinations: { [`${name}:443`]: { port: Number(new URL(withoutSockets.url).port), opensWith } },
  });
});
after(async () => {
  await office[Symbol.asyncDispose]();
  for (const proxy of [honest, nosy, strict, door, sideDoor, withoutSockets]) await proxy[Symbol.asyncDispose]();
});

/** No proxy but the one that is told. */
const environment = (own: Environment): Environment => {
  const none = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'];
  return { ...Object.fromEntries(none.map((variable) => [variable, undefined])), ...own };
};

/** Joins, is there with its model, and answers. */
async function serves(machine: string, url: string, trust: readonly string[], own: Environment): Promise<void> {
  const elsewhere = { url, environment: environment(own) };
  const joined = await office.join(machine, await office.token(true), trust, elsewhere);
  assert.equal(joined.status, 0, joined.output);
  office.startAgent(machine, elsewhere);
  await office.whenLinked(machine);
  await answers(machine);
}

/** The log of the machine's agent so far. */
function logOf(machine: string): string {
  const file = join(office.dataOf(machine), 'logs', 'agent.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** That machine and no other. */
async function answers(machine: string): Promise<void> {
  const model = office.gateway.models()[0]?.id ?? '';
  const body = turn(model, 'Hello', { stream: true });
  const headers = { 'x-metalyard-machine': machine };
  const answer = await readStream(await ask({ url: office.gateway.url, key: office.key }, body, { headers }));
  assert.equal(textOf(answer), 'Hello! How can I help you?');
}

describe('through a forward proxy', { concurrency: true }, () => {
  test('with a password: every connection is in its log, none goes around it', async () => {
    const { port } = new URL(door.url);
    const url = `https://localhost:${port}`;
    const pinned = ['--pin', office.certificate.fingerprint];
    const nobody = { environment: environment({ HTTPS_PROXY: `http://127.0.0.1:${honest.port}` }), url };
    const refused = await office.join('nobody', await office.token(true), pinned, nobody);
    assert.equal(refused.status, 1);
    assert.match(refused.output, /proxy .*user and password/);
    const linesOf = (status: number) =>
      honest.log.filter((line) => line.status === status && line.authority === `localhost:${port}`);
    assert.equal(linesOf(407).length, 1);

    const HTTPS_PROXY = honest.url.replace(decodeURIComponent(password), password);
    await serves('desk', url, pinned, { HTTPS_PROXY });
    assert.ok(linesOf(200).length >= 3, 'a look at the certificate, the wish to join, the link');
    assert.equal(linesOf(200).length, door.connections, 'each connection is a line of the log');
    assert.deepEqual([...new Set(door.sources)], [proxyAddress]);
    assert.equal(honest.others, 0);
    assert.doesNotMatch(logOf('desk'), /a secret|a%20secret/);
  });
  test('by a name that only the proxy can resolve, in lower case', async () => {
    const https_proxy = honest.url.replace(decodeURIComponent(password), password);
    await serves('attic', `https://${name}`, ['--pin', office.certificate.fingerprint], { https_proxy });
  });

  test('that opens TLS with an authority of its own and cuts what is silent: the link lives on', async () => {
    await serves('nosy', `https://${name}`, ['--ca-file', caFile], { HTTPS_PROXY: nosy.url });
    const { length } = nosy.log;
    // The time is what is tested.
    await passed(1.5 * idleMs);
    assert.equal(nosy.cuts, 0);
    assert.equal(nosy.log.length, length, 'no other connection was needed');
    assert.ok(nosy.longestSilenceMs() < idleMs);
    console.log(`  the longest silence of an idle link: ${Math.round(nosy.longestSilenceMs())} ms`);
  });

  test('that opens TLS and lets no WebSocket through: plain requests carry the link', async () => {
    const elsewhere = { url: `https://${name}`, environment: environment({ https_proxy: strict.url }) };
    const joined = await office.join('strict', await office.token(true), ['--ca-file', caFile], elsewhere);
    assert.equal(joined.status, 0, joined.output);
    office.startAgent('strict', elsewhere);
    await until('a WebSocket was tried', 60_000, () => withoutSockets.upgrades > 0);
    const triedMs = performance.now();
    await until('the machine is linked', 60_000, () => /linked to the gateway/.test(logOf('strict')));
    assert.ok(performance.now() - triedMs < 30_000);
    await office.whenLinked('strict');
    await answers('strict');
    assert.match(logOf('strict'), /linking without a WebSocket/);
    // Unknown authorities are not trusted for being a proxy's.
    const trusting = { url: `https://${name}`, environment: environment({ HTTPS_PROXY: strict.url }) };
    const refused = await office.join('trusting', await office.token(true), [], trusting);
    assert.equal(refused.status, 1);
    assert.match(refused.output, /certificate/);
  });

  test('except where NO_PROXY names the gateway', async () => {
    const { port } = new URL(sideDoor.url);
    await serves('direct', `https://localhost:${port}`, ['--pin', office.certificate.fingerprint], {
      HTTPS_PROXY: nosy.url,
      NO_PROXY: 'example.test,localhost',
    });
    assert.ok(!nosy.log.some(({ authority }) => authority.startsWith('localhost')));
    assert.ok(!sideDoor.sources.includes(proxyAddress));
  });
});
