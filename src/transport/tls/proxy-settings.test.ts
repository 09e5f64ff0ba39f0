import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyComplaint } from './proxy-settings.ts';

for (const [what, env, complaint] of [
  ['none', {}, null],
  ['an empty one', { HTTPS_PROXY: '' }, null],
  ['an address', { HTTPS_PROXY: 'http://me:p%25w@proxy:3128' }, null],
  ['one by TLS, in small letters', { https_proxy: 'https://proxy' }, null],
  ['no scheme', { HTTPS_PROXY: '127.0.0.1:3128' }, /^HTTPS_PROXY is not used, .* write http:\/\/ before it/],
  ['no scheme and a name', { https_proxy: 'proxy:3128' }, /^https_proxy is not used/],
  ['SOCKS', { HTTPS_PROXY: 'socks5://proxy:1080' }, /A SOCKS proxy cannot be used/],
  ['a % of its own', { HTTPS_PROXY: 'http://me:p%zz@proxy:3128' }, /^HTTPS_PROXY cannot be used: .*%25/],
  ['another variable', { ALL_PROXY: 'http://proxy:3128' }, /^ALL_PROXY is set, and does not count here/],
  ['another variable beside it', { ALL_PROXY: 'http://proxy:3128', HTTPS_PROXY: 'http://proxy:3128' }, null],
] as const) {
  test(`a proxy in the environment: ${what}`, () => {
    const seen = proxyComplaint(env);
    if (complaint === null) assert.equal(seen, null);
    else assert.match(seen ?? '', complaint);
    assert.doesNotMatch(seen ?? '', /p%zz/, 'no password');
  });
}
