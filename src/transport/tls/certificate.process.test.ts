/** A gateway that got another name after its certificate was made: who trusts the first one goes on, and nobody else is believed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Certificate, loadCertificate } from './certificate.ts';
import { PinMismatch, pinnedCertificate, tlsOptions } from './trust.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-certificate-'));
after(() => rmSync(scratch, { recursive: true }));
const filesOf = (name: string) => ({ key: join(scratch, `${name}.key`), certificate: join(scratch, `${name}.pem`) });

async function listening({ key, certificate: cert }: Pick<Certificate, 'key' | 'certificate'>) {
  const server = createServer({ key, cert }, (_request, response) => response.end('here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Resolves with the status, or the code of what the certificate lacks. */
function statusOf(url: string, options: Parameters<typeof get>[1]): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const asking = get(url, { ...options, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asking.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
  });
}

test('its fingerprint stays, machines and clients that trust the first one go on, and the new name is good', async () => {
  const first = await loadCertificate(filesOf('own'), ['yard.home', '127.0.0.1']);
  const again = await loadCertificate(filesOf('own'), ['127.0.0.1', 'yard.home']);
  assert.deepEqual(again, first, 'nothing is made without need');
  const later = await loadCertificate(filesOf('own'), ['later.home', '10.9.9.9', '127.0.0.1']);
  assert.equal(later.fingerprint, first.fingerprint);
  assert.notEqual(later.key, first.key);

  await using gateway = await listening(later);
  const ca = readFileSync(filesOf('own').certificate, 'utf8');
  assert.equal(
    await statusOf(gateway.url, { ca, servername: 'later.home' }),
    200,
    'a client that was told to trust the file',
  );
  assert.equal(await statusOf(gateway.url, { ca, servername: 'other.home' }), 'ERR_TLS_CERT_ALTNAME_INVALID');
  const pinned = await pinnedCertificate(gateway.url, first.fingerprint);
  assert.equal(pinned.trim(), ca.trim(), 'a machine that joins now keeps the one that stays');
  assert.equal(await statusOf(gateway.url, tlsOptions({ pinned })), 200);
});

test('who only sends the certificate along is not the gateway', async () => {
  const own = await loadCertificate(filesOf('own'), ['yard.home', '127.0.0.1']);
  const other = await loadCertificate(filesOf('other'), ['127.0.0.1']);
  const ca = readFileSync(filesOf('own').certificate, 'utf8');
  for (const certificate of [other.certificate, `${other.certificate}\n${ca}`]) {
    await using impostor = await listening({ key: other.key, certificate });
    await assert.rejects(pinnedCertificate(impostor.url, own.fingerprint), PinMismatch);
    assert.notEqual(await statusOf(impostor.url, tlsOptions({ pinned: ca })), 200);
  }
});

test('a certificate is good for a clock that starts at 1970', async () => {
  const { certificate } = await loadCertificate(filesOf('own'), ['yard.home', '127.0.0.1']);
  const { X509Certificate } = await import('node:crypto');
  assert.equal(new X509Certificate(certificate).validFromDate.getTime(), 0);
});
