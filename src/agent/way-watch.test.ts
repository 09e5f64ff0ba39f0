/** Real TLS on this computer: the gateway's own certificate, a stranger's, a clock that is off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { checkAll, findingsOf } from '../landmines/index.ts';
import { silentLog } from '../transport/log/log.ts';
import { type Certificate, loadCertificate } from '../transport/tls/certificate.ts';
import { type WayWatch, watchWay } from './way-watch.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-way-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const certificate = (name: string): Promise<Certificate> =>
  loadCertificate({ key: join(scratch, `${name}.key`), certificate: join(scratch, `${name}.pem`) }, ['127.0.0.1']);

let gateway: Certificate;
let stranger: Certificate;
before(async () => {
  [gateway, stranger] = await Promise.all([certificate('gateway'), certificate('stranger')]);
});

/** The facts after this happened to the link of a machine that pinned `gateway`, and what was logged as an error. */
async function facts(
  shown: Certificate,
  happens: (way: WayWatch) => void,
): Promise<{ facts: Facts; errors: readonly unknown[] }> {
  const server = createServer({ key: shown.key, cert: shown.certificate }, (_request, response) => {
    // That of whoever answers: a proxy in front writes its own.
    response.setHeader('date', new Date(0).toUTCString()).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const errors: unknown[] = [];
  const told = Promise.withResolvers<void>();
  const way = watchWay({
    gatewayUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trust: { pinned: gateway.certificate },
    log: { ...silentLog, error: (_text, fields) => errors.push(fields) },
    onFacts: told.resolve,
  });
  happens(way);
  await told.promise;
  way.stop();
  server.close();
  server.closeAllConnections();
  return { facts: way.facts, errors };
}
const codes = (known: Facts): string[] => findingsOf(checkAll(known)).map(({ code }) => code);

test('a link over HTTP requests to a gateway whose clock is an hour ahead', async () => {
  const { facts: known, errors } = await facts(gateway, (way) => way.linked('http', 5_000, 3_600_000));
  assert.equal(knownValue(known['network.tls_intercepted_by']), '');
  assert.deepEqual(codes(known).sort(), ['clock-skew', 'websocket-blocked']);
  assert.deepEqual(errors, []);
});

test('no link, because somebody opens TLS on the way', async () => {
  const { facts: known, errors } = await facts(stranger, (way) => way.failed('self-signed certificate'));
  assert.deepEqual(codes(known), ['tls-intercepted']);
  assert.deepEqual(errors, [{ issuer: 'Metalyard gateway', help: 'metalyard doctor tls-intercepted' }]);
});

test('the offset of the clocks follows when our own clock is set, and forgets small drifts', (t) => {
  const way = watchWay({ gatewayUrl: 'http://127.0.0.1:9', trust: {}, log: silentLog, onFacts() {} });
  t.after(() => way.stop());
  const offset = () => knownValue(way.facts['clock.offset_ms']);
  const trueNow = Date.now;
  let setMs = 0;
  t.mock.method(Date, 'now', () => trueNow() + setMs);
  assert.equal(offset(), undefined);
  way.linked('websocket', 5_000, 7_200_000);
  assert.equal(offset(), 7_200_000);
  setMs = 300;
  assert.equal(offset(), 7_200_000);
  setMs = 7_200_000;
  assert.ok(Math.abs(offset() ?? Number.NaN) < 1_000);
});
