import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { modelName } from '../contract/model-name.ts';
import { readGgufFacts } from '../engines/gguf/gguf-facts.ts';
import {
  claudeCodeBlock,
  claudeCodeVariables,
  claudeCodeWarning,
  claudeCodeWindow,
  requestSnippet,
  sdkSnippet,
  shippedModelNote,
} from './connect-text.ts';
import { shippedModel } from './package-files.ts';

const connection = {
  url: 'http://127.0.0.1:8787',
  key: `my_0123456789ab_${'A'.repeat(43)}`,
  model: { id: 'metalyard-tiny-q8', window: 65_536, slots: 4 },
};

test('Claude Code is told everything it needs to use this gateway and nothing else', () => {
  assert.deepEqual(Object.fromEntries(claudeCodeVariables(connection)), {
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:8787',
    ANTHROPIC_AUTH_TOKEN: connection.key,
    ANTHROPIC_MODEL: 'metalyard-tiny-q8',
    ANTHROPIC_DEFAULT_OPUS_MODEL: 'metalyard-tiny-q8',
    ANTHROPIC_DEFAULT_SONNET_MODEL: 'metalyard-tiny-q8',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'metalyard-tiny-q8',
    // 61,440 fit with room for an answer; 2,000 less, and the 29,384 it keeps free itself.
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: '88824',
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: '16384',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
  });
});

test('the block sets those variables in a shell', { skip: process.platform === 'win32' }, () => {
  const block = claudeCodeBlock(connection, 'linux').replace(/claude$/, 'env');
  const environment = execFileSync('sh', ['-c', block], { encoding: 'utf8' });
  for (const [name, value] of claudeCodeVariables(connection))
    assert.ok(environment.includes(`${name}=${value}\n`), name);
});

test('PowerShell gets its own form', () => {
  assert.match(claudeCodeBlock(connection, 'win32'), /^\$env:ANTHROPIC_BASE_URL = 'http:\/\/127\.0\.0\.1:8787'$/m);
  assert.match(requestSnippet(connection, 'win32'), /^Invoke-RestMethod -Method Post http:\/\/127/);
});

test('the address of an IPv6 gateway is in quotes, as shells read its brackets', () => {
  const printed = requestSnippet({ ...connection, url: 'http://[::1]:8787' }, 'linux');
  assert.match(printed, /^curl 'http:\/\/\[::1\]:8787\/v1\/messages' /);
});

test('the curl command carries a valid body', { skip: process.platform === 'win32' }, () => {
  const printed = requestSnippet(connection, 'linux').replace(/^curl/, 'printf "%s\\n"');
  const lines = execFileSync('sh', ['-c', printed], { encoding: 'utf8' });
  const body = JSON.parse(lines.slice(lines.indexOf('{')));
  assert.equal(body.model, connection.model.id);
  assert.equal(body.messages[0].role, 'user');
});

test('no line is wider than a terminal of 80 columns, but for the key', () => {
  const text = [sdkSnippet(connection), requestSnippet(connection, 'linux'), claudeCodeBlock(connection, 'linux')].join(
    '\n',
  );
  for (const line of text.split('\n')) assert.ok(line.length <= 80 || line.includes(connection.key), line);
});

test('a window that cannot hold the prompt of Claude Code is said to be too small', () => {
  const small = { ...connection, model: { id: 'small', window: 8192, slots: 4 } };
  assert.match(claudeCodeWarning(small) ?? '', /8192 tokens is too small for Claude Code.*--context-window/);
  assert.equal(claudeCodeWarning(connection), null);
});

test('Claude Code is told a window that lets it use the real one', () => {
  // It compacts at the window it is told, less 13,000 and an answer; the rest is measured with the real one.
  assert.equal(claudeCodeWindow({ window: 32_768 }) - 8_192 - 13_000, 32_768 - 4_096 - 2_000);
  assert.equal(claudeCodeWindow({ window: 262_144 }) - 20_000 - 13_000, 262_144 - 4_096 - 2_000);
});

test('of the model that is shipped it is said what to expect, and of no other', async () => {
  const shipped = modelName({ name: shippedModel, quantisation: (await readGgufFacts(shippedModel)).quantisation });
  const note = shippedModelNote({ ...connection, model: { ...connection.model, id: shipped } }) ?? '';
  assert.match(note, /not clever.*full prompt.*claude --bare --tools '' -p Hello$/);
  assert.equal(shippedModelNote({ ...connection, model: { ...connection.model, id: 'qwen3-8b-q4-k-m' } }), null);
});
