/** Servers that run already, through the whole path: HTTP, yard, link, agent, and a llama-server that is a fake. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { FakeServer } from '../engines/fakes/fake-server.ts';
import { type FakeLlamaServerOptions, startFakeLlamaServer } from '../engines/fakes/llama-server.ts';
import { ask, readJson, turn } from '../support/ask.ts';
import { until } from '../support/processes.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

const options: FakeLlamaServerOptions = { window: 4_096, slots: 2, key: 'sesame' };
let fake: FakeServer;
let yard: Yard;
let client: Anthropic;
before(async () => {
  process.env.TEST_ATTACH_KEY = options.key;
  fake = await startFakeLlamaServer(options);
  yard = await startYard({ attach: `${fake.url}#key=env:TEST_ATTACH_KEY&probe=off` });
  client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
});
after(async () => {
  await yard?.stop();
  await fake?.kill();
});

const modelIds = async (): Promise<string[]> => {
  const { data } = await client.models.list();
  return data.map(({ id }) => id);
};

test('the model is listed with what its figures are worth', async () => {
  const response = await fetch(`${yard.url}/v1/models/${yard.model}`, { headers: { 'x-api-key': yard.key } });
  const { max_input_tokens: window, metalyard, capabilities } = JSON.parse(await response.text());
  assert.equal(window, 4_096);
  const { tools, machines, parameters, quantisation, quality, digests, ...attached } = metalyard;
  assert.deepEqual([tools, machines, parameters, quantisation, digests.length], [true, 1, 8e9, 'q4', 1]);
  assert.ok(quality > 0);
  assert.deepEqual(attached, {
    server: 'llama-server b11549-abcdef',
    loaded: true,
    counting: 'exact',
    cache_reporting: 'reported',
    window_from: 'loaded',
    probe: null,
  });
  assert.equal(capabilities.structured_outputs.supported, true);
});

test('the SDK gets thinking, text and a tool call, streamed', async () => {
  fake.say(() => ({
    thinking: 'The weather, then.',
    text: 'I look.',
    calls: [{ name: 'get_weather', arguments: { city: 'Paris' } }],
  }));
  const message = await client.messages
    .stream({
      model: yard.model,
      max_tokens: 2_000,
      thinking: { type: 'enabled', budget_tokens: 1_024 } as never, // older form, accepted
      messages: [{ role: 'user', content: 'Weather in Paris?' }],
      tools: [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }],
    })
    .finalMessage();
  assert.deepEqual(
    message.content.map(({ type }) => type),
    ['thinking', 'text', 'tool_use'],
  );
  assert.equal(message.stop_reason, 'tool_use');
  assert.ok(message.usage.input_tokens > 0);
});

test('count_tokens is what the answer is charged', async () => {
  fake.say(() => ({ text: 'Hello.' }));
  const body = turn(yard.model, 'Count me, please.');
  const counted = await client.messages.countTokens({ model: yard.model, messages: body.messages as never }); // ours
  const stream = await readStream(await ask(yard, { ...body, stream: true }));
  const { input_tokens: read, cache_read_input_tokens: cached } = stream.usage;
  assert.equal((read ?? 0) + (cached ?? 0), counted.input_tokens);
  assert.equal(textOf(stream), 'Hello.');
});

test('a prompt that is too long is the 400 that clients compact on', async () => {
  const response = await ask(yard, turn(yard.model, 'word '.repeat(9_000)));
  assert.equal(response.status, 400);
  const { error } = JSON.parse(await response.text());
  assert.match(error.message, /^prompt is too long: \d+ tokens > \d+ maximum$/);
});

test('what the tier cannot do is refused by name', async () => {
  const tool = { name: 'a', strict: true, input_schema: { type: 'object' } };
  const response = await ask(yard, { ...turn(yard.model, 'x'), tools: [tool] });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /tools\.0\.strict: strict needs an engine/);
});

test('a client that leaves frees the server', async () => {
  fake.say(() => ({ text: 'on and on '.repeat(2_000), pieceMs: 5 }));
  const leaving = new AbortController();
  const begun = fake.begun();
  const left = fake.left();
  const asking = ask(
    yard,
    { ...turn(yard.model, 'Go on.'), stream: true, max_tokens: 3_000 },
    { signal: leaving.signal },
  );
  await begun;
  const response = await asking;
  leaving.abort();
  await left;
  await response.body?.cancel().catch(() => {});
  assert.equal(fake.busy, 0);
});

test('its models vanish with it and come back with it', async () => {
  assert.ok((await modelIds()).includes(yard.model));
  await fake.kill();
  await until('the model is gone', 30_000, async () => !(await modelIds()).includes(yard.model));
  await fake.restart();
  fake.say(() => ({ text: 'Back.' }));
  await until('the model is back', 30_000, async () => (await modelIds()).includes(yard.model));
  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'Hello?')))), 'Back.');
});
