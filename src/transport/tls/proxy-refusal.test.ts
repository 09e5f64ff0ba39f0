import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainProxy } from './proxy-refusal.ts';

const tunnel = (status: string): string =>
  `Failed to establish tunnel to gw.test:8787 via http://proxy.test:3128: ${status}`;

test('a proxy that wants a password is told apart from one that refuses, and the rest is left alone', () => {
  assert.match(
    explainProxy(tunnel('HTTP/1.1 407 Proxy Authentication Required')),
    /proxy\.test:3128 wants another user and password/,
  );
  assert.match(explainProxy(tunnel('HTTP/1.1 403 Forbidden')), /lets nobody through to it \(status 403\)/);
  assert.equal(explainProxy('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1');
});
