/** The edge as clients meet it: who is let in, which headers and fields are tolerated, how errors look. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ask, readJson, turn } from '../support/ask.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard({ engine: { otherwise: 'fine' } });
});
after(() => yard.stop());

interface ExpectedError {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: RegExp;
  readonly retry?: boolean;
}

async function expectError(response: Response, expected: ExpectedError): Promise<void> {
  const body = await readJson(response, expected.status);
  assert.equal(body.type, 'error');
  assert.equal(body.error.type, expected.type);
  assert.equal(body.error.details.error_code, expected.code);
  assert.match(body.error.message, expected.message);
  assert.equal(response.headers.get('x-should-retry'), String(expected.retry ?? false));
  assert.match(body.request_id, /^req_/);
  assert.equal(response.headers.get('request-id'), body.request_id);
}

test('both header dialects and both API versions are served', async () => {
  const body = turn(yard.model, 'Hello');
  const dialects: Record<string, string>[] = [
    { 'x-api-key': yard.key, 'anthropic-version': '2023-06-01' },
    { authorization: `Bearer ${yard.key}`, 'anthropic-version': '2026-10-21' },
    { authorization: `Bearer ${yard.key}` },
  ];
  for (const headers of dialects) {
    const response = await fetch(`${yard.url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    assert.equal(textOf(await readJson(response)), 'fine');
  }
});

test('unknown betas, fields and values are ignored', async () => {
  const body = turn(yard.model, 'Hello', {
    stream: true,
    tools: [],
    safeguards: [{ type: 'dangerous_tool_use' }],
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'immense' },
    thinking: { type: 'adaptive', display: 'updates' },
    metadata: { user_id: '{"session_id":"x"}' },
    service_tier: 'auto',
  });
  const headers = { 'anthropic-beta': 'never-heard-of-2031-01-01,effort-2025-11-24' };
  assert.equal(textOf(await readStream(await ask(yard, body, { headers }))), 'fine');
});

test('probes and the model list answer', async () => {
  for (const path of ['/', '/api/hello']) {
    assert.equal((await fetch(yard.url + path, { method: 'HEAD' })).status, 200);
  }
  assert.equal((await fetch(`${yard.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${yard.url}/readyz`)).status, 200);
  const client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
  const listed = [];
  for await (const model of client.models.list({ limit: 1 })) listed.push(model);
  const entry = listed.find(({ id }) => id === yard.model);
  assert.ok(entry, `${yard.model} is listed`);
  assert.ok((entry.max_input_tokens ?? 0) > 1000);
  assert.equal((await client.models.retrieve(yard.model)).id, yard.model);
  await assert.rejects(client.models.retrieve('no-such-model'), { status: 404 });
});

test('errors have the shape, the status and the retry advice clients act on', async () => {
  const hello = turn(yard.model, 'Hello');
  const invalid = { status: 400, type: 'invalid_request_error', code: 'invalid_request' };
  await expectError(await ask(yard, hello, { headers: { 'x-api-key': 'sk-wrong' } }), {
    status: 401,
    type: 'authentication_error',
    code: 'authentication',
    message: /key/,
  });
  await expectError(await ask(yard, turn('no-such-model', 'Hello', { stream: true })), {
    status: 404,
    type: 'not_found_error',
    code: 'model_not_found',
    message: /model: no-such-model/,
  });
  await expectError(await ask(yard, '{"model": '), { ...invalid, code: 'invalid_json', message: /JSON/ });
  await expectError(await ask(yard, { model: yard.model, messages: hello.messages }), {
    ...invalid,
    message: /max_tokens: Field required/,
  });
  await expectError(await ask(yard, { ...hello, messages: 'Hello' }), { ...invalid, message: /messages/ });
  const orphan = [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_X', content: 'x' }] }];
  await expectError(await ask(yard, { ...hello, messages: orphan }), { ...invalid, message: /toolu_X/ });
  await expectError(await ask(yard, hello, { path: '/v2/messages' }), {
    status: 404,
    type: 'not_found_error',
    code: 'not_found',
    message: /\/v1\/messages/,
  });
  const wrongMethod = await fetch(`${yard.url}/v1/messages`, { headers: { 'x-api-key': yard.key } });
  assert.match(wrongMethod.headers.get('allow') ?? '', /POST/);
  await expectError(wrongMethod, {
    status: 405,
    type: 'invalid_request_error',
    code: 'method_not_allowed',
    message: /POST/,
  });
});

test('a body that announces more than 32 MB is refused before it is sent', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(`${yard.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': yard.key, 'content-type': 'application/json', 'content-length': 33 * 1024 * 1024 },
    });
    request.on('response', (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
  assert.equal(status, 413);
});

test('a key is needed before anything is read', async () => {
  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    const response = await fetch(yard.url + path, { method: 'POST', body: '{' });
    assert.equal(response.status, 401);
  }
  assert.equal((await fetch(`${yard.url}/v1/models`)).status, 401);
});
