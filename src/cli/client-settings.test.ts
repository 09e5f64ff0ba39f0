import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, clientSettings } from './client-settings.ts';
import { claudeCodeVariables } from './connect-text.ts';

const key = `my_0123456789ab_${'A'.repeat(43)}`;
const url = 'http://127.0.0.1:8787';
const connection = { url, key, model: { id: 'tiny-q8', window: 65_536, slots: 4 } };

function variables(client: Client) {
  const settings = clientSettings(client, connection);
  assert.ok(settings.form === 'variables', client);
  return { ...settings, set: Object.fromEntries(settings.set) };
}

test('Claude Code gets the variables shown at start, and nothing that leads elsewhere stays', () => {
  const { set, unset, notes } = variables('claude-code');
  assert.deepEqual(set, Object.fromEntries(claudeCodeVariables(connection)));
  assert.deepEqual(unset, ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX']);
  assert.deepEqual(notes, []);
  const small = clientSettings('claude-code', { ...connection, model: { id: 'small', window: 8192, slots: 1 } });
  assert.match(small.notes.join(), /8192 tokens is too small for Claude Code/);
});

test('the Anthropic SDK adds /v1 by itself and gets one credential', () => {
  const { set, unset, notes } = variables('anthropic-sdk');
  assert.deepEqual(set, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key });
  assert.deepEqual(unset, ['ANTHROPIC_AUTH_TOKEN']);
  assert.match(notes.join(), /tiny-q8, window 65536 tokens/);
});

test('the AI SDK needs /v1 and is warned of its short answers', () => {
  const { set, notes } = variables('ai-sdk');
  assert.deepEqual(set, { ANTHROPIC_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: key });
  assert.match(notes.join(), /4096 tokens unless maxOutputTokens/);
});

test('opencode gets a provider with /v1, the true limits, and this model for titles too', () => {
  const { set } = variables('opencode');
  assert.deepEqual(Object.keys(set), ['OPENCODE_CONFIG_CONTENT']);
  const config = JSON.parse(set.OPENCODE_CONFIG_CONTENT ?? '');
  assert.deepEqual(config.provider.metalyard.options, { baseURL: `${url}/v1`, apiKey: key });
  assert.deepEqual(config.provider.metalyard.models['tiny-q8'].limit, { context: 65_536, output: 16_384 });
  assert.deepEqual([config.model, config.small_model], ['metalyard/tiny-q8', 'metalyard/tiny-q8']);
});

test('pi gets the content of its file, without /v1', () => {
  const settings = clientSettings('pi', connection);
  assert.ok(settings.form === 'file');
  const { baseUrl, api, apiKey, models } = JSON.parse(settings.text).providers.metalyard;
  assert.deepEqual([baseUrl, api, apiKey], [url, 'anthropic-messages', key]);
  assert.deepEqual(models, [{ id: 'tiny-q8', contextWindow: 65_536, maxTokens: 16_384 }]);
  assert.match(settings.notes.join(), /models\.json/);
});
