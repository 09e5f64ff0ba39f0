/** Real TLS and real WebSockets on this computer: a gateway, a stranger in between, a proxy that refuses upgrades. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { checkAll, findingsOf } from '../../landmines/index.ts';
import { type Certificate, loadCertificate } from '../../transport/tls/certificate.ts';
import { gatewayFacts } from './gateway-facts.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-way-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const certificate = (name: string): Promise<Certificate> =>
  loadCertificate({ key: join(scratch, `${name}.key`), certificate: join(scratch, `${name}.pem`) }, ['127.0.0.1']);

let gateway: Certificate;
let stranger: Certificate;
before(async () => {
  gateway = await certificate('gateway');
  stranger = await certificate('stranger');
});

/** What is found on the way to a server with this certificate, for a machine that has joined `gateway`. */
async function wayTo(shown: Certificate, behaviour: { upgrades: boolean; clockMs?: number }): Promise<Facts> {
  const server: Server = createServer({ key: shown.key, cert: shown.certificate }, (_request, response) => {
    // That of whoever answers: a proxy in front writes its own.
    response.setHeader('date', new Date(0).toUTCString()).end();
  });
  if (behaviour.upgrades) {
    const { clockMs = Date.now() } = behaviour;
    const challenge = { type: 'challenge', gatewayId: 'gw_1', epoch: 1, nonce: 'n', clockMs };
    new WebSocketServer({ server }).on('connection', (socket) => socket.send(JSON.stringify(challenge)));
  } else server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const facts = await gatewayFacts({ url, pinned: gateway.certificate });
  server.close();
  server.closeAllConnections();
  return facts;
}

const codes = (facts: Facts): string[] => findingsOf(checkAll(facts)).map(({ code }) => code);

test('a gateway that shows its own certificate and takes WebSockets', async () => {
  const facts = await wayTo(gateway, { upgrades: true });
  assert.equal(knownValue(facts['network.tls_intercepted_by']), '');
  assert.equal(knownValue(facts['network.websocket']), true);
  assert.ok(Math.abs(knownValue(facts['clock.offset_ms']) ?? Number.NaN) < 5_000);
  assert.deepEqual(codes(facts), []);
});

test('another certificate is told by its issuer, and nothing more is tried', async () => {
  const facts = await wayTo(stranger, { upgrades: true });
  assert.equal(knownValue(facts['network.tls_intercepted_by']), 'Metalyard gateway');
  assert.equal(facts['network.websocket'], undefined);
  assert.deepEqual(codes(facts), ['tls-intercepted']);
});

test('a proxy that refuses upgrades', async () => {
  const facts = await wayTo(gateway, { upgrades: false });
  assert.equal(knownValue(facts['network.websocket']), false);
  assert.deepEqual(codes(facts), ['websocket-blocked']);
});

test('a clock that is an hour behind', async () => {
  const facts = await wayTo(gateway, { upgrades: true, clockMs: Date.now() + 3_600_000 });
  assert.ok(Math.abs((knownValue(facts['clock.offset_ms']) ?? 0) - 3_600_000) < 10_000);
  assert.deepEqual(codes(facts), ['clock-skew']);
});

test('a gateway that is not there is no finding', async () => {
  const facts = await gatewayFacts({ url: 'https://127.0.0.1:9', pinned: gateway.certificate });
  assert.deepEqual(facts['network.websocket'], {
    known: false,
    reason: 'failed',
    detail: 'the joined gateway cannot be reached (ECONNREFUSED)',
    source: 'connection to the joined gateway',
  });
  assert.deepEqual(codes(facts), []);
});
