import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExcepted, isNear, rootOf, shownUrl } from './base-url.ts';

test('the root of a base URL is what both kinds of clients have in common', () => {
  const roots = {
    'http://127.0.0.1:8787': 'http://127.0.0.1:8787',
    'http://127.0.0.1:8787/': 'http://127.0.0.1:8787',
    'http://127.0.0.1:8787/v1': 'http://127.0.0.1:8787',
    'http://127.0.0.1:8787/v1/': 'http://127.0.0.1:8787',
    'http://127.0.0.1:8787/v1/v1/messages': 'http://127.0.0.1:8787',
    'https://yard.example/ai/v1': 'https://yard.example/ai',
    'https://yard.example/v10': 'https://yard.example/v10',
  };
  for (const [url, root] of Object.entries(roots)) assert.equal(rootOf(new URL(url)), root, url);
});

test('a password inside a URL is not shown', () => {
  assert.equal(shownUrl('http://ann:secret@proxy.example:3128/'), 'http://proxy.example:3128/');
  assert.equal(shownUrl('not a url'), 'not a url');
});

test('this computer and those nearby are told from the rest', () => {
  for (const host of [
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.5',
    '100.100.1.1',
    'fe80::1',
    'gamer',
    'mac.local',
  ]) {
    assert.ok(isNear(host), host);
  }
  for (const host of ['8.8.8.8', '172.32.0.1', '2001:db8::1', 'yard.example']) assert.ok(!isNear(host), host);
});

const excepted = (list: string, url: string, ranges = false) => isExcepted(list, new URL(url), ranges);

test('NO_PROXY names hosts, domains, ports, or all', () => {
  const url = 'http://127.0.0.1:8787';
  for (const list of ['127.0.0.1', 'example.com, 127.0.0.1', '*', '127.0.0.1:8787'])
    assert.ok(excepted(list, url), list);
  for (const list of ['', 'localhost', '127.0.0.1:80', '127.0.0.10', '7.0.0.1']) assert.ok(!excepted(list, url), list);
  assert.ok(excepted('.lan', 'http://box.lan:8787'));
  assert.ok(excepted('*.lan', 'http://box.lan:8787'));
  assert.ok(!excepted('ox.lan', 'http://box.lan:8787'));
  assert.ok(excepted('::1', 'http://[::1]:8787'));
  assert.ok(excepted('[::1]:8787', 'http://[::1]:8787'));
});

test('ranges count only where the client knows them', () => {
  assert.ok(excepted('127.0.0.0/8', 'http://127.0.0.1:8787', true));
  assert.ok(!excepted('127.0.0.0/8', 'http://127.0.0.1:8787', false));
  assert.ok(!excepted('10.0.0.0/8', 'http://127.0.0.1:8787', true));
  assert.ok(!excepted('127.0.0.0/99', 'http://127.0.0.1:8787', true));
  assert.ok(!excepted('fd00::/8', 'http://127.0.0.1:8787', true));
});
