/** The rows of the feature table that only a whole gateway can show: headers and endpoints. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { type FakeAgent, fakeAnswer, startTestYard, type TestYard } from '../../../test/support/test-yard.ts';
import { type FeatureId, featureIds, features } from '../../contract/anthropic/features/features.ts';
import { apiError } from '../../contract/errors.ts';
import { type FeatureExample, featureExamples } from './fixtures/feature-examples.ts';

const examples: Readonly<Record<FeatureId, FeatureExample>> = featureExamples;
const ask = { model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] };

type Offer = Awaited<ReturnType<FakeAgent['next']>> & { readonly type: 'offer' };

let yard: TestYard;
let agent: FakeAgent;
before(async () => {
  yard = await startTestYard();
  agent = await yard.connect();
});
after(() => yard[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: raw JSON of the far side; tests look at what they need
type Json = any;

/** Asks with these headers and no others, and has the machine answer. */
async function answered(headers: Readonly<Record<string, string>>, body: object = ask): Promise<Response> {
  const asked = fetch(`${yard.gateway.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  // A request that is refused reaches no machine.
  const refused = asked.then(({ status }) => assert.fail(`answered with ${status} without a machine`));
  refused.catch(() => {});
  const offer = await Promise.race([agent.next('offer'), refused]);
  agent.accept(offer);
  agent.output(offer, ...fakeAnswer);
  const response = await asked;
  assert.equal(response.status, 200);
  return response;
}
const get = (path: string, method = 'GET'): Promise<Response> =>
  fetch(yard.gateway.url + path, { method, headers: { 'x-api-key': yard.key } });

/** The one machine is `box` and is labelled so: a request that asks for `fits` reaches it, one that asks for another is told why. */
async function saysWhichMachines(header: string, fits: string, why: RegExp): Promise<void> {
  const labelled = await fetch(`${yard.gateway.url}/metalyard/machines/box`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${yard.adminToken}` },
    body: JSON.stringify({ kind: 'label', labels: ['quiet'] }),
  });
  assert.equal(labelled.status, 200);
  const placed = await answered({ 'x-api-key': yard.key, [header]: fits });
  assert.equal(placed.headers.get('x-metalyard-machine'), 'box');
  const refused = await yard.post('/v1/messages', ask, { headers: { [header]: 'elsewhere' } });
  const { error } = (await refused.json()) as Json;
  assert.equal(error.details.error_code, 'no_machine');
  assert.match(error.message, why);
}

async function saysAbsent(id: FeatureId, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await get(path, method);
      assert.equal(response.status, 404, `${method} ${path}`);
      assert.equal(response.headers.get('x-should-retry'), 'false');
      const { error } = (await response.json()) as Json;
      assert.deepEqual([error.type, error.message], ['not_found_error', features[id].support.how]);
    }
  }
}

const shown: Partial<Record<FeatureId, () => Promise<void>>> = {
  'header.x-api-key': async () => void (await answered({ 'x-api-key': yard.key })),
  async 'header.authorization'() {
    await answered({ authorization: `Bearer ${yard.key}` });
    // Beside a key that is somebody else's, as Claude Code sends one it keeps from a login.
    await answered({ authorization: `Bearer ${yard.key}`, 'x-api-key': 'sk-ant-api03-of-somebody-else' });
  },
  async 'header.anthropic-version'() {
    for (const version of ['2023-06-01', '2026-10-21', '2031-01-01']) {
      await answered({ 'x-api-key': yard.key, 'anthropic-version': version });
    }
  },
  async 'header.x-stainless-timeout'() {
    // Not yet patient enough to be sent an early status; `whole-answer.test.ts` lets time pass.
    const response = await answered({ 'x-api-key': yard.key, 'x-stainless-timeout': '600' });
    assert.ok(response.headers.get('content-length'));
  },
  async 'header.x-metalyard-class'() {
    await answered({ 'x-api-key': yard.key, 'x-metalyard-class': 'background' });
    const response = await yard.post('/v1/messages', ask, { headers: { 'x-metalyard-class': 'urgent' } });
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as Json;
    assert.match(error.message, /^x-metalyard-class: must be one of interactive, background, batch/);
  },
  async 'header.x-metalyard-machine'() {
    await saysWhichMachines('x-metalyard-machine', 'elsewhere, box', /is not the machine that was asked for/);
  },
  async 'header.x-metalyard-labels'() {
    await saysWhichMachines('x-metalyard-labels', 'quiet', /lacks a label that was asked for/);
  },
  async 'header.content-encoding'() {
    const response = await yard.post('/v1/messages', ask, { headers: { 'content-encoding': 'gzip' } });
    assert.equal(response.status, 400);
    const { error } = (await response.json()) as Json;
    assert.equal(error.details.error_code, 'request_body_encoding_unsupported');
    assert.equal(error.message, features['header.content-encoding'].support.how);
  },
  async 'header.accept-encoding'() {
    const response = await answered(
      { 'x-api-key': yard.key, 'accept-encoding': 'gzip, br, zstd' },
      { ...ask, stream: true },
    );
    assert.equal(response.headers.get('content-encoding'), null);
    assert.match(await response.text(), /^event: message_start\n/);
  },
  async 'endpoint.messages'() {
    const response = await answered({ 'x-api-key': yard.key });
    const message = (await response.json()) as Json;
    assert.equal(message.content[0].text, 'Hi');
    assert.equal('context_management' in message, false, 'said only where it was asked for');
  },
  async 'endpoint.count_tokens'() {
    const { max_tokens: _none, ...body } = ask;
    const counting = yard.post('/v1/messages/count_tokens', { ...body, context_management: { edits: [] } });
    const { countId } = await agent.next('count');
    agent.send({ type: 'counted', countId, result: { tokens: 10 } });
    const response = await counting;
    assert.deepEqual(await response.json(), { input_tokens: 10, context_management: { original_input_tokens: 10 } });
  },
  async 'endpoint.models'() {
    const { data } = (await (await get('/v1/models')).json()) as Json;
    assert.equal(data[0].max_input_tokens, 8_192);
    assert.deepEqual(data[0].capabilities.pdf_input, { supported: true });
    assert.deepEqual(data[0].capabilities.image_input, { supported: false });
    assert.equal((await get('/v1/models/fake-1b-q8')).status, 200);
  },
  async 'endpoint.probes'() {
    for (const path of ['/', '/api/hello'])
      assert.equal((await fetch(yard.gateway.url + path, { method: 'HEAD' })).status, 200);
  },
  'endpoint.batches': () =>
    saysAbsent('endpoint.batches', [
      '/v1/messages/batches',
      '/v1/messages/batches/b',
      '/v1/messages/batches/b/results',
    ]),
  'endpoint.files': () => saysAbsent('endpoint.files', ['/v1/files', '/v1/files/f/content']),
  'endpoint.skills': () => saysAbsent('endpoint.skills', ['/v1/skills']),
  'endpoint.complete': () => saysAbsent('endpoint.complete', ['/v1/complete']),
};

describe('each row of the feature table is what happens, at a gateway:', () => {
  for (const id of featureIds.filter((row) => 'http' in examples[row])) {
    it(id, async () => {
      const show = shown[id];
      assert.ok(show, 'a row without a request that shows it');
      await show();
    });
  }
});

describe('an answer that is not streamed and takes long', () => {
  /** An SDK with a second of patience: four fifths of it are over when its answer is first looked at. */
  async function early(): Promise<{ message: Promise<Anthropic.Message>; offer: Offer }> {
    const status = Promise.withResolvers<void>();
    const client = new Anthropic({
      baseURL: yard.gateway.url,
      apiKey: yard.key,
      maxRetries: 0,
      timeout: 1_000,
      async fetch(url, init) {
        // Our own patience is longer: what is shown is that the status comes, not when.
        const response = await fetch(url, { ...init, signal: null });
        status.resolve();
        return response;
      },
    });
    const message = client.messages.create({ ...ask, messages: [{ role: 'user', content: 'Hello' }] });
    message.catch(() => {});
    const offer = await agent.next('offer');
    agent.accept(offer);
    await status.promise;
    return { message, offer };
  }

  it('is read by an SDK after its early status', async () => {
    const { message, offer } = await early();
    agent.output(offer, ...fakeAnswer);
    const [block] = (await message).content;
    assert.equal(block?.type === 'text' && block.text, 'Hi');
  });

  it('is an error for an SDK when it fails after its status', async () => {
    const { message, offer } = await early();
    const error = apiError('model_load_failed', 'The model file is damaged.');
    agent.output(offer, { type: 'generation-error', error });
    await assert.rejects(message);
  });
});

describe('what was asked for is said', () => {
  it('notes stand in one header, of answers and of counts', async () => {
    const body = { ...ask, speed: 'fast', something_new: 1 };
    const headers = { 'x-api-key': yard.key, 'anthropic-beta': 'context-1m-2025-08-07,beta-of-2031-01-01' };
    const told = (await answered(headers, body)).headers.get('x-metalyard-notes') ?? '';
    for (const part of [/speed:/, /unknown here are ignored: something_new\./, /context-1m:/, /beta-of-2031-01-01/]) {
      assert.match(told, part);
    }
    const counting = yard.post('/v1/messages/count_tokens', { ...ask, thinking: { type: 'telepathic' } });
    const { countId } = await agent.next('count');
    agent.send({ type: 'counted', countId, result: { tokens: 10 } });
    assert.match((await counting).headers.get('x-metalyard-notes') ?? '', /thinking/);
  });

  it('edits of the context are reported as not applied, whole and streamed', async () => {
    const body = { ...ask, context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } };
    const headers = { 'x-api-key': yard.key };
    const message = (await (await answered(headers, body)).json()) as Json;
    assert.deepEqual(message.context_management, { applied_edits: [] });
    const stream = await (await answered(headers, { ...body, stream: true })).text();
    assert.match(stream, /"type":"message_delta".*"context_management":\{"applied_edits":\[\]\}/);
  });

  it('a refusal carries the code the API has for it', async () => {
    const response = await yard.post('/v1/messages', { ...ask, thread: { type: 'create' } });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Json).error.details.error_code, 'thread_unsupported_request');
  });
});
