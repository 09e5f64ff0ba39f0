import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { linkPasses, passHeader } from '../../transport/identity/link-pass.ts';
import type { Reach } from '../listening.ts';
import { isThisComputer, networkOf, networksOf, originOf, proxyCheck, visitorsOf } from './visitors.ts';

const passes = linkPasses(Buffer.from('a secret'));
const inContainer: Reach = { kind: 'behind-tls-proxy', proxies: ['172.18.0.0/16', 'fd00::5'] };
const here: Reach = { kind: 'behind-tls-proxy' };

function visitor(reach: Reach, remoteAddress: string, headers: Record<string, string> = {}) {
  // What is looked at of a request.
  return visitorsOf(reach, passes)({ headers, socket: { remoteAddress } } as unknown as IncomingMessage);
}
const through = (reach: Reach, remoteAddress: string, forwarded: string): string =>
  visitor(reach, remoteAddress, { 'x-forwarded-for': forwarded }).address;

for (const [what, reach, peer, forwarded, address] of [
  ['the proxy on this computer is believed', here, '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['and over IPv6', here, '::1', '2001:db8::9', '2001:db8::9'],
  ['one that is named', inContainer, '::ffff:172.18.0.3', '203.0.113.9', '203.0.113.9'],
  [
    'what a client wrote itself stands before what the proxy wrote',
    here,
    '127.0.0.1',
    '10.9.9.9, 203.0.113.9',
    '203.0.113.9',
  ],
  ['two proxies of ours in a row', inContainer, '127.0.0.1', '203.0.113.9, 172.18.0.2', '203.0.113.9'],
  ['only proxies: the first of them', inContainer, '127.0.0.1', '172.18.0.9, 172.18.0.2', '172.18.0.9'],
  ['a proxy that writes ports', here, '127.0.0.1', '203.0.113.9:51234', '203.0.113.9'],
  ['and brackets', here, '127.0.0.1', '[2001:db8::9]:443', '2001:db8::9'],
  ['a proxy that is not named', here, '172.18.0.3', '203.0.113.9', '172.18.0.3'],
  ['nobody is believed without a proxy in front', { kind: 'loopback' }, '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  ['a proxy that says nothing', here, '127.0.0.1', '', '127.0.0.1'],
  ['no address at all', here, '127.0.0.1', '203.0.113.9, unknown', '127.0.0.1'],
] as const) {
  test(`whose address counts: ${what}`, () => assert.equal(through(reach, peer, forwarded), address));
}

test('a trusted proxy elsewhere that does not say for whom it speaks is told of', () => {
  const muteOf = (reach: Reach, remoteAddress: string, headers: Record<string, string>): string[] => {
    const mute: string[] = [];
    visitorsOf(reach, passes, (proxy) => mute.push(proxy))({
      headers,
      socket: { remoteAddress },
    } as unknown as IncomingMessage);
    return mute;
  };
  assert.deepEqual(muteOf(inContainer, '::ffff:172.18.0.3', {}), ['172.18.0.3']);
  assert.deepEqual(muteOf(inContainer, '172.18.0.3', { 'x-forwarded-for': '203.0.113.9' }), []);
  assert.deepEqual(muteOf(inContainer, '127.0.0.1', {}), [], 'our own commands');
  assert.deepEqual(muteOf(inContainer, '203.0.113.9', {}), [], 'no proxy');
});

test('a machine with a pass is counted by itself, wherever it comes from', () => {
  const pass = { [passHeader]: passes.of('mch_1') };
  assert.deepEqual(visitor(here, '192.0.2.7', pass), { address: '192.0.2.7', origin: 'mch_1', isKnown: true });
  const forged = { [passHeader]: linkPasses(Buffer.from('other')).of('mch_1') };
  assert.deepEqual(visitor(here, '192.0.2.7', forged), { address: '192.0.2.7', origin: '192.0.2.7', isKnown: false });
});

for (const [address, origin] of [
  ['127.0.0.2', '127.0.0.2'],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::7', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
] as const) {
  test(`${address} is counted with ${origin}`, () => assert.equal(originOf(address), origin));
}

test('at the doors all of a /48 are one', () => {
  assert.equal(networkOf('2001:db8:1:2::7'), networkOf('2001:db8:1:ffff::1'));
  assert.notEqual(networkOf('2001:db8:1::'), networkOf('2001:db8:2::'));
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
});

test('which addresses are those of this computer, and which a proxy has', () => {
  assert.deepEqual(['127.9.9.9', '::1', '::ffff:127.0.0.1', '192.0.2.1', '', 'unknown'].map(isThisComputer), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(['127.0.0.1', '172.18.200.1', 'fd00::5', '172.19.0.1', 'fd00::6'].map(proxyCheck(inContainer)), [
    true,
    true,
    true,
    false,
    false,
  ]);
  assert.equal(proxyCheck({ kind: 'loopback' })('127.0.0.1'), false);
});

for (const text of ['proxy', '172.18.0.0/33', '172.18.0.0/', '172.18.0.0/1/2', '172.18.0/16', '']) {
  test(`"${text}" names no network`, () => assert.throws(() => networksOf([text]), /no address and no network/));
}
