/** Tool use with the shipped model: calls, results, forced, forbidden, several at once, deferred. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { ask, type Body, turn } from '../support/ask.ts';
import { readStream, type StreamedBlock, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard();
});
after(() => yard.stop());

const weather = {
  name: 'get_weather',
  description: 'Get the current weather in a city',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};
const time = {
  name: 'get_time',
  description: 'Get the current time in a city',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};
const streamed = async (body: Body) => readStream(await ask(yard, { ...body, stream: true }));
const callsOf = (content: readonly StreamedBlock[]) => content.filter((block) => block.type === 'tool_use');

test('a call, its result, and the answer made of it', async () => {
  const asked = await streamed(turn(yard.model, 'What is the weather in Paris?', { tools: [weather, time] }));
  assert.equal(asked.stop_reason, 'tool_use');
  const [call] = callsOf(asked.content);
  assert.ok(call);
  assert.equal(call.name, 'get_weather');
  assert.deepEqual(call.input, { city: 'Paris' });
  assert.match(call.id, /^toolu_/);

  const result = (content: unknown, more: Body = {}) =>
    turn(yard.model, '', {
      tools: [weather, time],
      messages: [
        { role: 'user', content: 'What is the weather in Paris?' },
        { role: 'assistant', content: asked.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content, ...more }] },
      ],
    });
  const answer = await streamed(result([{ type: 'text', text: 'sunny and 21 degrees' }]));
  assert.equal(textOf(answer), 'The result is: sunny and 21 degrees');
  assert.equal(answer.stop_reason, 'end_turn');
});

test('the SDK runs the same loop', async () => {
  const client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
  const request = {
    // Not in the types of SDK 1.x any more, but passed on.
    temperature: 0,
    model: yard.model,
    max_tokens: 300,
    tools: [weather],
    messages: [{ role: 'user' as const, content: 'What is the weather in Oslo?' }],
  };
  const asked = await client.messages.stream(request).finalMessage();
  const call = asked.content.find((block) => block.type === 'tool_use');
  assert.ok(call);
  assert.deepEqual(call.input, { city: 'Oslo' });
  const answer = await client.messages.create({
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: asked.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'rain' }] },
    ],
  });
  assert.equal(textOf(answer), 'The result is: rain');
});

test('two calls in one answer, or one when parallel use is off', async () => {
  const text = 'What is the weather in Paris and London?';
  const both = await streamed(turn(yard.model, text, { tools: [weather] }));
  assert.deepEqual(
    callsOf(both.content).map(({ input }) => input.city),
    ['Paris', 'London'],
  );
  assert.equal(new Set(callsOf(both.content).map(({ id }) => id)).size, 2);
  const choice = { type: 'auto', disable_parallel_tool_use: true };
  const one = await streamed(turn(yard.model, text, { tools: [weather], tool_choice: choice }));
  assert.equal(callsOf(one.content).length, 1);
  assert.equal(one.stop_reason, 'tool_use');
});

test('a forced tool is called, a forbidden one is not', async () => {
  const text = 'What is the weather in Paris?';
  for (const choice of [{ type: 'any' }, { type: 'tool', name: 'get_time' }]) {
    const forced = await streamed(turn(yard.model, text, { tools: [weather, time], tool_choice: choice }));
    const [call] = callsOf(forced.content);
    assert.ok(call, `a call with tool_choice ${choice.type}`);
    if (choice.name !== undefined) assert.equal(call.name, choice.name);
    assert.equal(typeof call.input.city, 'string');
    assert.equal(forced.stop_reason, 'tool_use');
  }
  const none = await streamed(turn(yard.model, text, { tools: [weather], tool_choice: { type: 'none' } }));
  assert.deepEqual(callsOf(none.content), []);
  assert.equal(none.stop_reason, 'end_turn');
});

test('a strict tool gets arguments of its schema', async () => {
  const paint = {
    name: 'paint_wall',
    description: 'Paint a wall',
    strict: true,
    input_schema: {
      type: 'object',
      properties: { color: { type: 'string', enum: ['red', 'blue'] }, coats: { type: 'integer' } },
      required: ['color', 'coats'],
      additionalProperties: false,
    },
  };
  const choice = { type: 'tool', name: 'paint_wall' };
  const message = await streamed(turn(yard.model, 'Hello', { tools: [paint], tool_choice: choice }));
  const [call] = callsOf(message.content);
  assert.ok(call);
  assert.ok(['red', 'blue'].includes(String(call.input.color)));
  assert.ok(Number.isInteger(call.input.coats));
});

test('a deferred tool is hidden until a tool_reference loads it, and loading costs no cached token', async () => {
  const search = {
    name: 'ToolSearch',
    description: 'Find tools',
    input_schema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  };
  const deferred = { ...weather, defer_loading: true };
  const tools = [search, deferred];
  const question = { role: 'user', content: 'What is the weather in Paris?' };
  const hidden = await streamed(turn(yard.model, '', { tools, messages: [question] }));
  assert.ok(callsOf(hidden.content).every(({ name }) => name !== 'get_weather'));

  const found = [
    question,
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'ToolSearch', input: { query: 'weather' } }],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'tool_reference', tool_name: 'get_weather' }],
        },
      ],
    },
  ];
  const loaded = await streamed(turn(yard.model, '', { tools, messages: found }));
  const before = hidden.usage.input_tokens + (hidden.usage.cache_read_input_tokens ?? 0);
  assert.ok((loaded.usage.cache_read_input_tokens ?? 0) >= before - 1, 'nothing before the reference changed');
});
