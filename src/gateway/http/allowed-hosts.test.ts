import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostCheck } from './allowed-hosts.ts';

const allowed = hostCheck(['Yard.home']);
for (const host of [
  'localhost',
  'localhost:8787',
  '127.0.0.1:8787',
  '[::1]:8787',
  '[::1]',
  'yard.home:1',
  'LOCALHOST',
]) {
  test(`the host ${host} is ours`, () => assert.equal(allowed(host, {}), true));
}
for (const host of [
  undefined,
  '',
  'evil.example',
  'evil.example:8787',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'localhost:x',
  '::1',
]) {
  test(`the host ${host} is not ours`, () => assert.equal(allowed(host, {}), false));
}

for (const [host, localAddress] of [
  ['10.9.9.9:8787', '10.9.9.9'],
  ['10.9.9.9', '::ffff:10.9.9.9'],
  ['[2001:DB8::9]:8787', '2001:db8::9'],
  ['[fe80::1]:8787', 'fe80::1%eth0'],
] as const) {
  test(`the host ${host} is ours where the connection arrived at ${localAddress}`, () => {
    assert.equal(allowed(host, { localAddress }), true);
    assert.equal(allowed(host, { localAddress: '10.9.9.8' }), false);
  });
}
