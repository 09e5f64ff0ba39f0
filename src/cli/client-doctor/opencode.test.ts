/** Which of opencode's settings count. The order of the files was seen with the real program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeText, type WorldParts, worldOf } from './fixtures/world.ts';
import { opencodeSetups } from './opencode.ts';

const url = 'http://127.0.0.1:8787/v1';
const config = (options: Readonly<Record<string, unknown>>, more: object = {}) => ({
  provider: { metalyard: { npm: '@ai-sdk/anthropic', options, models: { 'small-q8': { limit: { context: 4096 } } } } },
  model: 'metalyard/small-q8',
  ...more,
});
function only(parts: WorldParts) {
  const [setup, ...others] = opencodeSetups(worldOf(parts));
  assert.ok(setup);
  assert.deepEqual(others, []);
  return setup;
}

test('the content of the variable is read whole', () => {
  const setup = only({
    environment: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config({ baseURL: url, apiKey: 'key' })) },
  });
  assert.equal(setup.provider, 'metalyard');
  assert.equal(setup.baseUrl?.value, url);
  assert.equal(
    setup.baseUrl && placeText(setup.baseUrl.place),
    'provider.metalyard.options.baseURL in the variable OPENCODE_CONFIG_CONTENT',
  );
  assert.deepEqual(
    setup.credentials.map(({ header, secret }) => [header, secret]),
    [['x-api-key', 'key']],
  );
  assert.deepEqual(
    setup.models.map(({ id, chosen }) => [id, chosen]),
    [['small-q8', true]],
  );
  assert.deepEqual(
    setup.windows.map(({ model, setting, place }) => [model, setting?.value, placeText(place)]),
    [['small-q8', '4096', 'provider.metalyard.models.small-q8.limit.context in the variable OPENCODE_CONFIG_CONTENT']],
  );
});

test('of its files the later of this list win', () => {
  const files: Record<string, unknown> = {};
  const parts = {
    environment: { OPENCODE_CONFIG: '/custom.json', OPENCODE_CONFIG_DIR: '/conf' },
    files,
    folder: '/repo/sub',
    repository: '/repo',
  };
  const order = [
    '~/.config/opencode/config.json',
    '~/.config/opencode/opencode.json',
    '~/.config/opencode/opencode.jsonc',
    '/custom.json',
    '/repo/opencode.json',
    '/repo/sub/opencode.json',
    '/repo/sub/opencode.jsonc',
    '/repo/sub/.opencode/opencode.json',
    '/repo/.opencode/opencode.json',
    '~/.opencode/opencode.json',
    '/conf/opencode.json',
  ];
  for (const [index, file] of order.entries()) {
    files[file] = config({ baseURL: `http://127.0.0.1:${index}/v1` });
    const { baseUrl, overridden } = only(parts);
    assert.equal(baseUrl?.value, `http://127.0.0.1:${index}/v1`, file);
    assert.equal(overridden.length, index === 0 ? 0 : 1);
  }
  files['/opencode.json'] = config({ baseURL: 'http://above.the.repository/v1' });
  assert.equal(only(parts).baseUrl?.value, 'http://127.0.0.1:10/v1');
  const content = JSON.stringify(config({ baseURL: url }));
  const inSession = only({ ...parts, environment: { ...parts.environment, OPENCODE_CONFIG_CONTENT: content } });
  assert.equal(inSession.baseUrl?.value, url);
  assert.deepEqual(inSession.overridden, [], 'what is given for one session is meant to win');
});

test('without a repository all folders above count; the project can be left out', () => {
  const files = { '/home/opencode.json': config({ baseURL: url }) };
  assert.equal(only({ files }).baseUrl?.value, url);
  assert.equal(only({ files, environment: { OPENCODE_DISABLE_PROJECT_CONFIG: '1' } }).baseUrl, undefined);
});

test('what stands for a variable or a file is looked up', () => {
  const files = {
    '~/.config/opencode/opencode.jsonc': `{ // mine
      "provider": { "metalyard": { "npm": "@ai-sdk/anthropic",
        "options": { "baseURL": "{env:YARD}/v1", "apiKey": "{file:~/yard-key}" } } } }`,
    '~/yard-key': 'from-file\n',
  };
  const { baseUrl, credentials } = only({ files, environment: { YARD: 'http://127.0.0.1:8787' } });
  assert.equal(baseUrl?.value, url);
  assert.equal(credentials[0]?.secret, 'from-file');
  assert.match(
    credentials[0] ? placeText(credentials[0].place) : '',
    /options\.apiKey in ~\/\.config\/opencode\/opencode\.jsonc/,
  );
});

test('providers that speak another API are none of our business', () => {
  const provider = { ollama: { npm: '@ai-sdk/openai-compatible', options: { baseURL: 'http://127.0.0.1:11434/v1' } } };
  const setup = only({ files: { '~/project/opencode.json': { provider } } });
  assert.equal(setup.baseUrl, undefined);
  assert.equal(setup.provider, undefined);
});

test('a file that is no JSON stops it', () => {
  const { unreadable, unreadableMeans } = only({ files: { '~/project/opencode.json': '{' } });
  assert.deepEqual(unreadable, [{ file: '~/project/opencode.json', why: 'it is not valid JSON' }]);
  assert.match(unreadableMeans, /does not start/);
});

test('its proxy is the one of the scheme', () => {
  const files = { '~/project/opencode.json': config({ baseURL: url }) };
  assert.equal(only({ files, environment: { HTTPS_PROXY: 'http://p:1' } }).proxy, undefined);
  assert.equal(only({ files, environment: { http_proxy: 'http://p:2' } }).proxy?.value, 'http://p:2');
});
