import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { linkCheck, type Reach } from './listening.ts';

const certificate = { key: '', certificate: '', fingerprint: '' };
const tls: Reach = { kind: 'tls', certificate, plainOnPrivateNetworks: false };
const plainToo: Reach = { ...tls, plainOnPrivateNetworks: true };
const proxied: Reach = { kind: 'behind-tls-proxy', proxies: ['172.18.0.0/16'] };

for (const [what, reach, remoteAddress, encrypted, allowed] of [
  ['by TLS from anywhere', tls, '203.0.113.9', true, true],
  ['in clear from elsewhere', tls, '203.0.113.9', false, false],
  ['in clear from the same network', tls, '192.168.1.7', false, false],
  ['in clear where clients of private networks may', plainToo, '192.168.1.7', false, false],
  ['in clear from this computer', tls, '127.0.0.1', false, true],
  ['in clear from this computer, written as IPv6', tls, '::ffff:127.0.0.1', false, true],
  ['in clear where only this computer is listened to', { kind: 'loopback' }, '192.168.1.7', false, false],
  ['through the proxy that is named', proxied, '172.18.0.3', false, true],
  ['past the proxy that is named', proxied, '172.19.0.3', false, false],
] as const) {
  test(`a machine ${allowed ? 'links' : 'does not link'} ${what}`, () => {
    // What is looked at of a connection.
    assert.equal(linkCheck(reach)({ remoteAddress, encrypted } as unknown as Socket), allowed);
  });
}
