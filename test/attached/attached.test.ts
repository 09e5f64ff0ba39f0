/** Servers that run already, through the whole path: HTTP, yard, link, agent, and a llama-server that is a fake. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { onePixel } from '../../src/translate/pictures/fixtures/one-pixel.ts';
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

test('pictures reach a model that sees, and are refused by name where none does', async () => {
  await using seer = await startFakeLlamaServer({ window: 8_192, sees: true });
  await using seeing = await startYard({ attach: `${seer.url}#probe=off` });
  seer.say(() => ({ text: 'A red pixel.' }));
  const source = { type: 'base64', media_type: 'image/png', data: onePixel };
  const shows = (from: object, model = seeing.model) => ({
    model,
    max_tokens: 50,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: from },
          { type: 'text', text: 'What is it?' },
        ],
      },
    ],
  });
  const url = `data:image/png;base64,${onePixel}`;

  const answered = await ask(seeing, shows(source));
  assert.equal(answered.status, 200, await answered.clone().text());
  assert.equal(answered.headers.get('x-metalyard-notes'), null);
  const asked = seer.chats.at(-1)?.body.messages.at(-1);
  assert.deepEqual(asked.content, [
    { type: 'image_url', image_url: { url } },
    { type: 'text', text: 'What is it?' },
  ]);

  // A tool that answers with a screenshot.
  const call = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] };
  const result = {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source }] }],
  };
  const looked = await ask(seeing, { ...shows(source), messages: [{ role: 'user', content: 'Look.' }, call, result] });
  assert.equal(looked.status, 200, await looked.clone().text());
  const [tool, behind] = seer.chats.at(-1)?.body.messages.slice(-2) ?? [];
  assert.equal(tool.role, 'tool');
  assert.deepEqual(behind.content[0], { type: 'image_url', image_url: { url } });

  const refusal = async (body: Readonly<Record<string, unknown>>, at: Yard = seeing): Promise<string> => {
    const response = await ask(at, body);
    const { error } = JSON.parse(await response.text());
    return `${response.status} ${error.message}`;
  };
  assert.match(
    await refusal(shows({ ...source, media_type: 'image/gif' })),
    /^400 messages\.0\.content\.0\.image\.source\.base64\.data: Image does not match the provided media type image\/gif/,
  );
  assert.match(
    await refusal(shows({ type: 'url', url: 'https://x/y.png' })),
    /^400 messages\.0\.content\.0\.image: .*base64/,
  );
  assert.match(
    await refusal(shows(source, yard.model), yard),
    /^400 messages\.0\.content\.0\.image: .*reads text only/,
  );

  const listed = async ({ url: at, key, model }: Yard): Promise<unknown> => {
    const response = await fetch(`${at}/v1/models/${model}`, { headers: { 'x-api-key': key } });
    return JSON.parse(await response.text()).capabilities.image_input;
  };
  assert.deepEqual([await listed(seeing), await listed(yard)], [{ supported: true }, { supported: false }]);
});
