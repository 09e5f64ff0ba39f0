/** Which of Claude Code's settings count. Every order here was seen with the real program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claudeCodeSetup } from './claude-code.ts';
import { placeText, type WorldParts, worldOf } from './fixtures/world.ts';

const setup = (parts: WorldParts) => claudeCodeSetup(worldOf(parts));
const url = 'http://127.0.0.1:8787';
const env = (variables: Readonly<Record<string, string>>) => ({ env: variables });

test('everything from the environment', () => {
  const { baseUrl, credentials, models, windows, overridden, attribution } = setup({
    environment: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: 'token',
      ANTHROPIC_MODEL: 'small',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'tiny',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '1000',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
    },
  });
  assert.equal(baseUrl?.value, url);
  assert.deepEqual(
    credentials.map(({ header, secret }) => [header, secret]),
    [['authorization', 'token']],
  );
  assert.deepEqual(
    models.map(({ id }) => id),
    ['small', 'tiny'],
  );
  assert.deepEqual([windows[0]?.model, windows[0]?.setting?.value], ['small', '1000']);
  assert.deepEqual(overridden, []);
  assert.equal(attribution?.setting?.value, '0');
});

test('the strongest file wins over the others and over the environment, and is named', () => {
  const files: Record<string, unknown> = {};
  const parts = { environment: { ANTHROPIC_BASE_URL: url }, files, folder: '/repo/sub', repository: '/repo' };
  const steps = [
    ['~/.claude/settings.json', 'env.ANTHROPIC_BASE_URL in ~/.claude/settings.json'],
    ['/repo/sub/.claude/settings.json', 'env.ANTHROPIC_BASE_URL in /repo/sub/.claude/settings.json'],
    ['/repo/sub/.claude/settings.local.json', 'env.ANTHROPIC_BASE_URL in /repo/sub/.claude/settings.local.json'],
    ['/repo/.claude/settings.local.json', 'env.ANTHROPIC_BASE_URL in /repo/.claude/settings.local.json'],
    ['/etc/claude-code/managed-settings.json', 'env.ANTHROPIC_BASE_URL in /etc/claude-code/managed-settings.json'],
  ] as const;
  for (const [index, [file, place]] of steps.entries()) {
    files[file] = env({ ANTHROPIC_BASE_URL: `http://127.0.0.1:${index}` });
    const { baseUrl, overridden } = setup(parts);
    assert.equal(baseUrl?.value, `http://127.0.0.1:${index}`);
    assert.equal(baseUrl && placeText(baseUrl.place), place);
    assert.deepEqual(
      overridden.map(({ name, loser }) => [name, placeText(loser)]),
      [['ANTHROPIC_BASE_URL', 'the variable ANTHROPIC_BASE_URL']],
    );
  }
});

test('the settings.json of a repository does not count in the folders below its root', () => {
  const files = { '/repo/.claude/settings.json': env({ ANTHROPIC_BASE_URL: url }) };
  assert.equal(setup({ files, folder: '/repo/sub', repository: '/repo' }).baseUrl, undefined);
});

test('CLAUDE_CONFIG_DIR moves the settings of the user', () => {
  const files = { '/conf/settings.json': env({ ANTHROPIC_BASE_URL: url }) };
  assert.equal(setup({ environment: { CLAUDE_CONFIG_DIR: '/conf' }, files }).baseUrl?.value, url);
});

test('equal values override nothing; an empty one does, and counts as none', () => {
  const environment = { ANTHROPIC_BASE_URL: url };
  const same = setup({ environment, files: { '~/.claude/settings.json': env({ ANTHROPIC_BASE_URL: url }) } });
  assert.deepEqual(same.overridden, []);
  const emptied = setup({ environment, files: { '~/.claude/settings.json': env({ ANTHROPIC_BASE_URL: '' }) } });
  assert.equal(emptied.baseUrl, undefined);
  assert.equal(emptied.overridden.length, 1);
});

test('the model of the variable wins over the one of the settings; its own names and [1m] are not names of models', () => {
  const files = { '~/.claude/settings.json': { model: 'from-settings' } };
  assert.equal(setup({ files }).models[0]?.id, 'from-settings');
  const { models } = setup({
    files,
    environment: { ANTHROPIC_MODEL: 'sonnet', ANTHROPIC_DEFAULT_SONNET_MODEL: 'big[1m]' },
  });
  assert.deepEqual(
    models.map(({ id }) => id),
    ['big'],
  );
});

test('a helper, and the key of a login, are further credentials; a key in the environment replaces the kept one', () => {
  const environment = { ANTHROPIC_AUTH_TOKEN: 'token' };
  const shown = (parts: WorldParts) =>
    setup(parts).credentials.map(({ place, header, secret }) => [placeText(place), header, secret]);
  const token = ['the variable ANTHROPIC_AUTH_TOKEN', 'authorization', 'token'];
  assert.deepEqual(shown({ environment, files: { '~/.claude/settings.json': { apiKeyHelper: 'cat key' } } }), [
    token,
    ['apiKeyHelper in ~/.claude/settings.json', 'x-api-key', undefined],
  ]);
  const login = { '~/.claude.json': { primaryApiKey: 'kept', projects: {} } };
  assert.deepEqual(shown({ environment, files: login }), [
    token,
    ['primaryApiKey in ~/.claude.json', 'x-api-key', 'kept'],
  ]);
  assert.deepEqual(shown({ environment: { ANTHROPIC_API_KEY: 'key' }, files: login }), [
    ['the variable ANTHROPIC_API_KEY', 'x-api-key', 'key'],
  ]);
});

test('a file with comments is of no use to it, and one that may not be read is said to be so', () => {
  const { unreadable } = setup({
    files: {
      '~/.claude/settings.json': '{ // mine\n "env": {} }',
      '~/project/.claude/settings.json': 'NOT ALLOWED',
    },
  });
  assert.deepEqual(unreadable, [
    { file: '~/.claude/settings.json', why: 'it is not valid JSON' },
    { file: '~/project/.claude/settings.json', why: 'it cannot be read (EACCES)' },
  ]);
});

test('any proxy variable counts, also one that is set in a file', () => {
  assert.equal(setup({ environment: { ALL_PROXY: 'http://p:1' } }).proxy?.value, 'http://p:1');
  assert.equal(setup({ environment: { https_proxy: 'http://p:2' } }).proxy?.value, 'http://p:2');
  const files = { '~/.claude/settings.json': env({ HTTP_PROXY: 'http://p:3', NO_PROXY: 'localhost' }) };
  const { proxy, noProxy } = setup({ files });
  assert.deepEqual([proxy?.value, noProxy?.value], ['http://p:3', 'localhost']);
});

test('a switch to another provider counts unless it is off', () => {
  const detours = (value: string) => setup({ environment: { CLAUDE_CODE_USE_BEDROCK: value } }).detours.length;
  assert.deepEqual([detours('1'), detours('true'), detours('0'), detours('false'), detours('')], [1, 1, 0, 0, 0]);
});
