/** What a client gets from the shipped model through the whole path: HTTP, yard, link, agent, llama.cpp. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ask, type Body, readJson, turn } from '../support/ask.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
let client: Anthropic;
before(async () => {
  yard = await startYard();
  client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
});
after(() => yard.stop());

/** The types of SDK 1.x know no temperature any more; the shipped model is at its best without chance. */
const greedy = { temperature: 0 };

/** The streamed answer to a body, checked against the grammar. */
const streamed = async (body: Body) => readStream(await ask(yard, { ...body, stream: true }));
/** The plain answer to a body. */
const whole = async (body: Body) => readJson(await ask(yard, body));

test('the same text arrives streamed, not streamed, and through the SDK', async () => {
  const body = turn(yard.model, 'Repeat after me: blue fox 42');
  const stream = await streamed(body);
  assert.equal(textOf(stream), 'blue fox 42');
  assert.equal(stream.stop_reason, 'end_turn');
  assert.equal(stream.model, yard.model);
  assert.ok(stream.events.filter(({ type }) => type === 'content_block_delta').length > 1, 'it came in pieces');

  const plain = await whole(body);
  assert.equal(textOf(plain), 'blue fox 42');
  assert.notEqual(plain.id, stream.id);

  const sdk = await client.messages.create({
    ...greedy,
    model: yard.model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Repeat after me: blue fox 42' }],
  });
  assert.equal(textOf(sdk), 'blue fox 42');
  assert.match(sdk._request_id ?? '', /^req_/);

  const sdkStream = client.messages.stream({
    ...greedy,
    model: yard.model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Count from 3 to 17.' }],
  });
  const pieces: string[] = [];
  sdkStream.on('text', (piece) => pieces.push(piece));
  assert.equal(await sdkStream.finalText(), '3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17');
  assert.ok(pieces.length > 10);
});

test('a system prompt works as string, as blocks, and as a message of its role', async () => {
  const question = 'What is your name?';
  const system = 'Your name is Zork.';
  assert.equal(textOf(await whole(turn(yard.model, question, { system }))), 'My name is Zork.');
  const blocks = [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }];
  assert.equal(textOf(await streamed(turn(yard.model, question, { system: blocks }))), 'My name is Zork.');
  const messages = [
    { role: 'user', content: 'Hello' },
    { role: 'system', content: 'The secret word is plum.' },
    { role: 'assistant', content: 'Hello! How can I help you?' },
    { role: 'user', content: 'Repeat after me: glim tarko' },
  ];
  assert.equal(textOf(await whole(turn(yard.model, '', { messages }))), 'glim tarko');
});

test('it remembers the turns before, and a second turn reads only what is new', async () => {
  const first = {
    role: 'user',
    content: `My name is Ann. ${'This sentence is only here to fill the page. '.repeat(8)}`,
  };
  const one = await streamed(turn(yard.model, '', { messages: [first] }));
  const messages = [
    { role: 'user', content: 'My name is Ann.' },
    { role: 'assistant', content: 'Nice to meet you, Ann.' },
    { role: 'user', content: 'What is my name?' },
  ];
  assert.equal(textOf(await streamed(turn(yard.model, '', { messages }))), 'Your name is Ann.');

  const again = await streamed(
    turn(yard.model, '', {
      messages: [first, { role: 'assistant', content: textOf(one) }, { role: 'user', content: 'Thanks' }],
    }),
  );
  const before = one.usage.input_tokens + (one.usage.cache_read_input_tokens ?? 0);
  const total = again.usage.input_tokens + (again.usage.cache_read_input_tokens ?? 0);
  assert.ok(total > before);
  assert.ok((again.usage.cache_read_input_tokens ?? 0) >= before - 1, 'the whole first prompt was still cached');
  assert.ok(again.usage.input_tokens <= total - before + 1, 'only new tokens were read');
  assert.deepEqual(again.startUsage.input_tokens, again.usage.input_tokens);
});

test('count_tokens says what the same request is charged', async () => {
  const tools = [weather];
  for (const body of [
    turn(yard.model, 'Hello there, how are you?', { system: 'The secret word is plum.' }),
    turn(yard.model, 'What is the weather in Paris?', { tools }),
    turn(yard.model, 'What is 3 + 4?', { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1200 }),
  ]) {
    const { max_tokens: _limit, temperature: _greedy, ...counted } = body;
    const response = await ask(yard, counted, { path: '/v1/messages/count_tokens?beta=true' });
    const { input_tokens: promised } = await readJson(response);
    const { usage } = await whole(body);
    assert.equal(usage.input_tokens + usage.cache_read_input_tokens, promised);
  }
  const sdk = await client.messages.countTokens({
    model: yard.model,
    messages: [{ role: 'user', content: 'one' }],
  });
  assert.ok(sdk.input_tokens > 0);
});

test('stop sequences end an answer and are not shown', async () => {
  const body = turn(yard.model, 'Count from 3 to 17.', { stop_sequences: ['9, 1', 'never'] });
  for (const message of [await whole(body), await streamed(body)]) {
    assert.equal(textOf(message), '3, 4, 5, 6, 7, 8, ');
    assert.equal(message.stop_reason, 'stop_sequence');
    assert.equal(message.stop_sequence, '9, 1');
  }
});

test('max_tokens ends an answer and is counted exactly', async () => {
  const message = await streamed(turn(yard.model, 'Count from 3 to 17.', { max_tokens: 7 }));
  assert.equal(message.stop_reason, 'max_tokens');
  assert.equal(message.usage.output_tokens, 7);
  const huge = await whole(turn(yard.model, 'Hello', { max_tokens: 128_000 }));
  assert.equal(huge.stop_reason, 'end_turn');
});

test('thinking is shown when asked for, signed, and taken back', async () => {
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  const body = turn(yard.model, 'What is 3 + 4?', { thinking, max_tokens: 2000 });
  for (const message of [await streamed(body), await whole(body)]) {
    assert.deepEqual(
      message.content.map(({ type }: { type: string }) => type),
      ['thinking', 'text'],
    );
    assert.ok(message.content[0].thinking.length > 5);
    assert.ok(message.content[0].signature.length > 10);
    assert.equal(message.content[1].text, 'The answer is 7.');
    const messages = [
      { role: 'user', content: 'What is 3 + 4?' },
      { role: 'assistant', content: message.content },
      { role: 'user', content: 'Thanks' },
    ];
    assert.equal(textOf(await whole(turn(yard.model, '', { messages }))), 'You are welcome!');
  }
  const hidden = await whole(turn(yard.model, 'What is 3 + 4?', { thinking: { type: 'disabled' } }));
  assert.deepEqual(
    hidden.content.map(({ type }: { type: string }) => type),
    ['text'],
  );
});

test('a JSON schema is obeyed', async () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  };
  const message = await whole(
    turn(yard.model, 'Ann is 31 years old.', { output_config: { format: { type: 'json_schema', schema } } }),
  );
  const value = JSON.parse(textOf(message));
  assert.deepEqual(Object.keys(value), ['name', 'age']);
  assert.equal(typeof value.age, 'number');
});

const weather = {
  name: 'get_weather',
  description: 'Get the current weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
