/** The edge as clients meet it when they have no key, no sense, or too much to say; the rest is in the table of capabilities. */
import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard({ engine: { otherwise: 'fine' } });
});
after(() => yard?.stop());

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

test('probes answer without a key', async () => {
  for (const path of ['/', '/api/hello']) {
    assert.equal((await fetch(yard.url + path, { method: 'HEAD' })).status, 200);
  }
  assert.equal((await fetch(`${yard.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${yard.url}/readyz`)).status, 200);
});

test('what no client sends is refused in the same shape as all else', async () => {
  const hello = turn(yard.model, 'Hello');
  const invalid = { status: 400, type: 'invalid_request_error', code: 'invalid_request' };
  await expectError(await ask(yard, '{"model": '), { ...invalid, code: 'invalid_json', message: /JSON/ });
  await expectError(await ask(yard, { model: yard.model, messages: hello.messages }), {
    ...invalid,
    message: /max_tokens: Field required/,
  });
  await expectError(await ask(yard, { ...hello, messages: 'Hello' }), { ...invalid, message: /messages/ });
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
  const { statusCode, headers } = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(`${yard.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': yard.key, 'content-type': 'application/json', 'content-length': 33 * 1024 * 1024 },
    });
    request.on('response', (response) => {
      resolve(response);
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
  assert.equal(statusCode, 413);
  // Closing would take the answer away from a client that goes on sending.
  assert.notEqual(headers.connection, 'close');
});

test('a key is needed before anything is read', async () => {
  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    const response = await fetch(yard.url + path, { method: 'POST', body: '{' });
    assert.equal(response.status, 401);
  }
  assert.equal((await fetch(`${yard.url}/v1/models`)).status, 401);
});
