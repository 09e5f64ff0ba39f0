/**
 * The gateway between real HTTP clients and machines whose every word the test decides.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { fakeModel, joinYard, startTestYard } from '../../test/support/test-yard.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import { loadMachineIdentity } from '../transport/identity/machine-identity.ts';
import { silentLog } from '../transport/log/log.ts';
import { openStore } from '../transport/store/store.ts';
import { startGateway } from './gateway.ts';

const ask = { model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] };
const start: GenerationEvent = { type: 'generation-start', promptTokens: 10, cachedTokens: 4 };
const textBlock: GenerationEvent = { type: 'block-start', block: { kind: 'text' } };
const delta = (text: string): GenerationEvent => ({ type: 'block-delta', text });
const blockEnd: GenerationEvent = { type: 'block-end' };
const end: GenerationEvent = {
  type: 'generation-end',
  stopReason: 'end-turn',
  stopSequence: null,
  usage: { promptTokens: 10, cachedTokens: 4, outputTokens: 2, thinkingTokens: 0 },
};
const wholeAnswer = [start, textBlock, { ...delta('Hi'), tokens: [11, 12] }, blockEnd, end];

test('an answer goes from a machine to a client, streamed and whole', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();

  const streaming = yard.post('/v1/messages', { ...ask, stream: true });
  const first = await agent.next('offer');
  assert.equal(first.request.messages[0]?.role, 'user');
  agent.accept(first);
  agent.output(first, ...wholeAnswer);
  const streamed = await streaming;
  assert.equal(streamed.status, 200);
  assert.match(streamed.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.match(streamed.headers.get('request-id') ?? '', /^req_/);
  const body = await streamed.text();
  // Ids of tokens come as far as the gateway.
  assert.doesNotMatch(body, /"tokens"|\[11/);
  const names = [...body.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  assert.deepEqual(names, [
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);

  const waiting = yard.post('/v1/messages', ask);
  const second = await agent.next('offer');
  agent.accept(second);
  agent.output(second, ...wholeAnswer);
  const whole = await waiting;
  const message = (await whole.json()) as Record<string, unknown>;
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hi' }]);
  assert.deepEqual([message.stop_reason, message.model], ['end_turn', 'fake-1b-q8']);
  const usage = message.usage as Record<string, number>;
  assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens], [6, 4, 2]);
});

test('a machine lost before the first content is replaced, and the client sees one clean answer', async () => {
  await using yard = await startTestYard();
  const first = await yard.connect('first');
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const offer = await first.next('offer');
  first.accept(offer);
  first.output(offer, start);
  const second = await yard.connect('second');
  await first.leave();
  const again = await second.next('offer');
  assert.equal(again.requestId, offer.requestId);
  assert.ok(again.attempt > offer.attempt);
  second.accept(again);
  second.output(again, ...wholeAnswer);
  const response = await answering;
  assert.equal(response.status, 200);
  const body = await response.text();
  assert.equal(body.match(/event: message_start/g)?.length, 1);
  assert.match(body, /event: message_stop/);
});

test('a machine lost after content ends the stream with a typed error, never a false end', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, start, textBlock, delta('Half a sen'));
  const response = await answering;
  assert.equal(response.status, 200);
  await agent.leave();
  const body = await response.text();
  assert.match(body, /Half a sen/);
  assert.match(body, /event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/);
  assert.doesNotMatch(body, /message_stop/);
});

test('output of an attempt that is no longer current reaches nobody', async () => {
  await using yard = await startTestYard();
  const first = await yard.connect('first');
  const answering = yard.post('/v1/messages', ask);
  const offer = await first.next('offer');
  first.accept(offer);
  first.output(offer, start, {
    type: 'generation-error',
    error: { code: 'engine_failed', message: 'The engine crashed.' },
  });
  const again = await first.next('offer');
  assert.equal(again.attempt, 2);
  first.accept(again);
  first.output(offer, start, textBlock, delta('stale'), blockEnd, end);
  first.output(again, ...wholeAnswer);
  const message = (await (await answering).json()) as { content: unknown };
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hi' }]);
});

test('no machine answers or counts for another one', async () => {
  await using yard = await startTestYard();
  const honest = await yard.connect('honest');
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const offer = await honest.next('offer');
  honest.accept(offer);
  honest.output(offer, start, textBlock, delta('Hi'));
  const response = await answering;
  const counting = yard.post('/v1/messages/count_tokens', { model: ask.model, messages: ask.messages });
  const { countId } = await honest.next('count');

  const liar = await yard.connect('liar');
  liar.output(offer, delta(' from a liar'), blockEnd, end);
  liar.send({ type: 'counted', countId, result: { tokens: 666 } });
  // The answer to this one says that the others were heard.
  liar.accept(offer);
  await liar.next('cancel');

  honest.send({ type: 'counted', countId, result: { tokens: 7 } });
  honest.output(offer, blockEnd, end);
  assert.deepEqual(await (await counting).json(), { input_tokens: 7 });
  const body = await response.text();
  assert.match(body, /event: message_stop/);
  assert.doesNotMatch(body, /liar/);
});

test('a client that leaves is cancelled on the machine, while queued it never gets there', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect('box', [{ ...fakeModel, slots: 1 }]);
  const leaving = new AbortController();
  const gone = yard.post('/v1/messages', { ...ask, stream: true }, { signal: leaving.signal });
  const offer = await agent.next('offer');
  agent.accept(offer);
  const queuedLeaving = new AbortController();
  const queued = yard.post('/v1/messages', ask, { signal: queuedLeaving.signal });
  while (yard.gateway.activeRequests < 2) await new Promise((resolve) => setImmediate(resolve));
  queuedLeaving.abort();
  await assert.rejects(queued);
  leaving.abort();
  await assert.rejects(gone);
  const cancel = await agent.next('cancel');
  assert.deepEqual([cancel.requestId, cancel.reason], [offer.requestId, 'client-left']);
  agent.send({ type: 'cancelled', requestId: offer.requestId, attempt: offer.attempt });
  // The slot is free again: the next request gets it.
  const next = yard.post('/v1/messages', ask);
  const nextOffer = await agent.next('offer');
  agent.accept(nextOffer);
  agent.output(nextOffer, ...wholeAnswer);
  assert.equal((await next).status, 200);
});

test('a client that does not read holds its own machine up, by credit, and nobody else', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const answering = yard.post('/v1/messages', { ...ask, stream: true, max_tokens: 100_000 });
  const offer = await agent.next('offer');
  assert.ok(offer.credit !== undefined);
  agent.accept(offer);
  agent.output(offer, start, textBlock);
  const response = await answering;

  const piece = delta('x'.repeat(offer.credit.chars));
  let pieces = 0;
  for (let isHeldUp = false; !isHeldUp; ) {
    agent.output(offer, piece);
    pieces += 1;
    // Credit overtakes data: if it does not come before another whole answer, there is none.
    const credit = agent.next('credit').then(({ taken }) => taken.chars);
    const other = yard.post('/v1/messages', ask);
    const otherOffer = await agent.next('offer');
    agent.accept(otherOffer);
    agent.output(otherOffer, ...wholeAnswer);
    assert.equal((await other).status, 200);
    isHeldUp = (await Promise.race([credit, 'none'])) === 'none';
    if (isHeldUp) {
      // Both computers' sockets took their share before.
      assert.ok(pieces * offer.credit.chars > limits.clientSoftBytes);
      const reading = response.text();
      assert.equal(await credit, pieces * offer.credit.chars);
      agent.output(offer, blockEnd, end);
      assert.match(await reading, /message_stop/);
    }
  }
});

test('a prompt that does not fit is the 400 that makes Claude Code compact', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const { requestId, attempt } = await agent.next('offer');
  agent.send({
    type: 'decline',
    requestId,
    attempt,
    reason: { code: 'context-overflow', tokens: 9_000, maximum: 7_168, window: 8_192 },
  });
  const response = await answering;
  assert.equal(response.status, 400);
  assert.equal(response.headers.get('x-should-retry'), 'false');
  const body = (await response.json()) as { error: { type: string; message: string }; request_id: string };
  assert.equal(body.error.type, 'invalid_request_error');
  assert.equal(body.error.message, 'prompt is too long: 9000 tokens > 7168 maximum');
  assert.equal(body.request_id, response.headers.get('request-id'));
});

test('a request with tools waits for a model that is still loading: what it can do is not known yet', async () => {
  await using yard = await startTestYard();
  const unknown = { window: 0, slots: 0, tools: false, thinking: false };
  const agent = await yard.connect('box', [{ ...fakeModel, ...unknown, status: 'loading', loadFraction: 0.5 }]);
  const tools = [{ name: 'look', input_schema: { type: 'object' } }];
  const answering = yard.post('/v1/messages', { ...ask, tools });
  agent.send({ type: 'report', models: [fakeModel], draining: false });
  const offer = await agent.next('offer');
  assert.deepEqual(
    offer.request.tools.map(({ name }) => name),
    ['look'],
  );
  agent.accept(offer);
  agent.output(offer, ...wholeAnswer);
  assert.equal((await answering).status, 200);

  const reported = new Promise((resolve) => yard.gateway.onModels(resolve));
  agent.send({ type: 'report', models: [{ ...fakeModel, tools: false }], draining: false });
  await reported;
  const unable = await yard.post('/v1/messages', { ...ask, tools });
  assert.equal(unable.status, 400);
});

test('silence for ten seconds opens the stream with a ping, and the counts are put right at the end', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const startedAtMs = performance.now();
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, { type: 'progress', phase: 'prefill', doneTokens: 1, totalTokens: 10 });
  const response = await answering;
  const waitedMs = performance.now() - startedAtMs;
  assert.ok(waitedMs > 7_000 && waitedMs < 13_000, `headers came after ${waitedMs} ms`);
  agent.output(offer, ...wholeAnswer);
  const body = await response.text();
  assert.ok(body.indexOf('event: ping') < body.indexOf('event: content_block_start'));
  assert.match(body, /event: message_delta\ndata: .*"input_tokens":6,/);
});

test('token counts come from the machine', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const { max_tokens: _none, ...question } = ask;
  const counting = yard.post('/v1/messages/count_tokens', question);
  const count = await agent.next('count');
  agent.send({ type: 'counted', countId: count.countId, result: { tokens: 123 } });
  assert.deepEqual(await (await counting).json(), { input_tokens: 123 });
});

test('where nobody has the model loaded, a machine that has its file counts', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect('box', [{ ...fakeModel, status: 'available', slots: 0 }]);
  const { max_tokens: _none, ...question } = ask;
  const counting = yard.post('/v1/messages/count_tokens', question);
  const count = await agent.next('count');
  agent.send({ type: 'counted', countId: count.countId, result: { tokens: 45 } });
  assert.deepEqual(await (await counting).json(), { input_tokens: 45 });
});

test('tokens of a picture are counted where it is seen', async () => {
  await using yard = await startTestYard();
  await yard.connect('blind');
  const seeing = await yard.connect('seeing', [{ ...fakeModel, tier: 'chat', vision: true }]);
  const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
  const { max_tokens: _none, ...question } = ask;
  // Several at once: the copy with the fewest to count is asked, and the blind one has none.
  const counting = [1, 2].map(() =>
    yard.post('/v1/messages/count_tokens', { ...question, messages: [{ role: 'user', content: [picture] }] }),
  );
  for (const _ of counting) {
    const { countId } = await seeing.next('count');
    seeing.send({ type: 'counted', countId, result: { tokens: 300 } });
  }
  for (const counted of counting) assert.deepEqual(await (await counted).json(), { input_tokens: 300 });
});

test('a web page cannot open a link', async () => {
  await using yard = await startTestYard();
  const page = new WebSocket(`${yard.gateway.url.replace('http', 'ws')}/metalyard/link`, {
    origin: 'http://evil.example',
  });
  const [error] = await once(page, 'error');
  assert.match(error.message, /403/);
});

test('a machine the store does not know is refused with a sentence for its owner', async () => {
  await using yard = await startTestYard();
  const folder = await mkdtemp(join(tmpdir(), 'metalyard-stranger-'));
  const identity = loadMachineIdentity(join(folder, 'machine.key'));
  await assert.rejects(joinYard(yard.gateway.url, identity, 'stranger', [fakeModel]), /does not know the machine/);
  await rm(folder, { recursive: true });
});

test('after a restart a request waits for the machine that is on its way back', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-restart-'));
  const store = await openStore(directory);
  const identity = loadMachineIdentity(join(directory, 'machine.key'));
  await store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
  const { secret } = await store.keys.create('test');
  const at = { host: '127.0.0.1', port: 0, version: '0.0.0', adminToken: 'admin' };
  const gateway = await startGateway({ store, log: silentLog, ...at });
  const asking = fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': secret },
    body: JSON.stringify(ask),
  });
  const agent = await joinYard(gateway.url, identity, 'box', [fakeModel]);
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, ...wholeAnswer);
  assert.equal((await asking).status, 200);
  await agent.leave();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

test('a machine that connects again takes the place of its older link, which is told so', async () => {
  await using yard = await startTestYard();
  const first = await yard.connect();
  const pushedOff = assert.rejects(first.next('offer'), /the same machine has connected again/);
  const second = await yard.connect();
  await pushedOff;
  const answering = yard.post('/v1/messages', ask);
  const offer = await second.next('offer');
  second.accept(offer);
  second.output(offer, ...wholeAnswer);
  assert.equal((await answering).status, 200);
});

const refusals: [string, string, RequestInit, number, string][] = [
  ['no key', '/v1/messages', { headers: { 'x-api-key': '' } }, 401, 'authentication_error'],
  ['a wrong key', '/v1/messages', { headers: { 'x-api-key': 'my_nonsense' } }, 401, 'authentication_error'],
  ['a path that does not exist', '/v1/v1/messages', {}, 404, 'not_found_error'],
  ['a method that does not fit', '/v1/messages', { method: 'PUT' }, 405, 'invalid_request_error'],
  ['a compressed body', '/v1/messages', { headers: { 'content-encoding': 'br' } }, 400, 'invalid_request_error'],
  ['a body that is not JSON', '/v1/messages', { body: '{"model":' }, 400, 'invalid_request_error'],
  ['a missing field', '/v1/messages', { body: '{"model":"auto"}' }, 400, 'invalid_request_error'],
  ['an unknown model', '/v1/messages', { body: JSON.stringify({ ...ask, model: 'gpt-4' }) }, 404, 'not_found_error'],
];
test('every refusal is an Anthropic error with our opinion on retrying and the id of the request', async () => {
  await using yard = await startTestYard();
  await yard.connect();
  for (const [name, path, init, status, type] of refusals) {
    const response = await yard.post(path, ask, init);
    assert.equal(response.status, status, name);
    assert.equal(response.headers.get('x-should-retry'), 'false', name);
    const body = (await response.json()) as { type: string; error: { type: string }; request_id: string };
    assert.deepEqual([body.type, body.error.type], ['error', type], name);
    assert.equal(body.request_id, response.headers.get('request-id'), name);
  }
});

test('a body over the limit is a 413 before it is read to the end', async () => {
  await using yard = await startTestYard();
  const response = await yard.post('/v1/messages', 'x'.repeat(limits.requestBodyBytes + 1));
  assert.equal(response.status, 413);
  assert.equal(((await response.json()) as { error: { type: string } }).error.type, 'request_too_large');
});

test('a large body is prepared off the main loop, with the same answers', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const filler = 'word '.repeat(limits.parseOnMainLoopBytes / 4);
  const waiting = yard.post('/v1/messages', { ...ask, system: filler });
  const offer = await agent.next('offer');
  assert.deepEqual(offer.request.messages[0], { role: 'system', text: filler });
  agent.accept(offer);
  agent.output(offer, ...wholeAnswer);
  assert.equal((await waiting).status, 200);
  const refused = await yard.post('/v1/messages', { ...ask, system: filler, max_tokens: 'many' });
  assert.equal(refused.status, 400);
  assert.match(((await refused.json()) as { error: { message: string } }).error.message, /^max_tokens: /);
});

test('another host name gets a 421 on every path, the link included', async () => {
  await using yard = await startTestYard();
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const link = { path: '/metalyard/link', headers: { ...upgrade, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' } };
  const asked: { path: string; method?: string; headers?: Record<string, string> }[] = [
    { path: '/healthz' },
    { path: '/v1/models' },
    { path: '/metalyard/link' },
    { path: '/metalyard/link/open', method: 'POST' },
    { path: '/metalyard/join', method: 'POST' },
    link,
  ];
  for (const { path, method = 'GET', headers = { connection: 'close' } } of asked) {
    const asking = request(`${yard.gateway.url}${path}`, { method, headers: { ...headers, host: 'evil.example' } });
    asking.end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 421, `${method} ${path}`);
  }
});

test('probes need no key, the status does', async () => {
  await using yard = await startTestYard();
  const { url } = yard.gateway;
  assert.equal((await fetch(`${url}/`, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(`${url}/api/hello`, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 503);
  await yard.connect();
  assert.equal((await yard.post('/metalyard/status', '', { method: 'GET', body: null })).status, 401);
  const status = await fetch(`${url}/metalyard/status`, { headers: { authorization: `Bearer ${yard.adminToken}` } });
  assert.equal(status.status, 200);
});

test('draining turns new requests away and lets the running one finish', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const running = yard.post('/v1/messages', ask);
  const offer = await agent.next('offer');
  agent.accept(offer);
  const drained = yard.gateway.drain();
  const late = await yard.post('/v1/messages', ask);
  assert.equal(late.status, 529);
  assert.ok(Number(late.headers.get('retry-after')) > 0);
  agent.output(offer, ...wholeAnswer);
  assert.equal((await running).status, 200);
  await drained;
});

test('a gateway that stops at once says so to the answers it cuts off', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect();
  const answering = yard.post('/v1/messages', { ...ask, stream: true });
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, start, textBlock, delta('Half a sen'));
  const response = await answering;
  await yard.gateway.close();
  const body = await response.text();
  assert.match(body, /event: error\ndata: .*"error_code":"draining"/);
  assert.doesNotMatch(body, /message_stop/);
});
