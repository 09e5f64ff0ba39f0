/** The last Anthropic SDK of the 0.x line, and the Vercel AI SDK, against the shipped model. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { importClient, installClients } from '../support/install-clients.ts';
import { textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

const installed = await installClients([
  '@anthropic-ai/sdk@0.137.0',
  'ai@6.0.326',
  '@ai-sdk/anthropic@3.0.139',
  'zod@4.6.7',
]);
const skip = installed.ok ? false : installed.reason;
const directory = installed.ok ? installed.directory : '';

let yard: Yard;
before(async () => {
  if (installed.ok) yard = await startYard();
});
after(() => yard?.stop());

const weather = {
  name: 'get_weather',
  description: 'Get the current weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

test('SDK 0.137.0: text, stream, tool loop, thinking, count, models, typed errors', { skip }, async () => {
  const { default: Anthropic } = await importClient(directory, '@anthropic-ai/sdk');
  const client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 0 });
  const base = { model: yard.model, max_tokens: 1500, temperature: 0 };
  const hello = { ...base, messages: [{ role: 'user', content: 'Hello' }] };

  assert.equal(textOf(await client.messages.create(hello)), 'Hello! How can I help you?');
  assert.equal(
    textOf(await client.beta.messages.create({ ...hello, betas: ['unknown-2030-01-01'] })),
    'Hello! How can I help you?',
  );
  const stream = client.messages.stream({ ...hello, messages: [{ role: 'user', content: 'Count from 3 to 9.' }] });
  const pieces: string[] = [];
  stream.on('text', (piece: string) => pieces.push(piece));
  const final = await stream.finalMessage();
  assert.equal(textOf(final), '3, 4, 5, 6, 7, 8, 9');
  assert.equal(pieces.join(''), textOf(final));
  assert.ok(final.usage.output_tokens > 10);

  const question = { role: 'user', content: 'What is the weather in Paris?' };
  const asked = await client.messages.stream({ ...base, tools: [weather], messages: [question] }).finalMessage();
  const call = asked.content.find(({ type }: { type: string }) => type === 'tool_use');
  assert.deepEqual(call.input, { city: 'Paris' });
  const result = { type: 'tool_result', tool_use_id: call.id, content: 'sunny' };
  const messages = [question, { role: 'assistant', content: asked.content }, { role: 'user', content: [result] }];
  const answer = await client.messages.create({ ...base, tools: [weather], messages });
  assert.equal(textOf(answer), 'The result is: sunny');

  const thought = await client.messages
    .stream({ ...base, ...hello, thinking: { type: 'enabled', budget_tokens: 1024 } })
    .finalMessage();
  assert.equal(thought.content[0].type, 'thinking');
  assert.ok(thought.content[0].signature);

  const { input_tokens: counted } = await client.messages.countTokens({ model: yard.model, messages: hello.messages });
  assert.ok(counted > 0);
  const models = await client.models.list();
  assert.ok(models.data.some(({ id }: { id: string }) => id === yard.model));
  await assert.rejects(client.messages.create({ ...hello, model: 'nope' }), { status: 404, name: 'Error' });
});

test('AI SDK: generateText, streamText, and a tool loop of two steps', { skip }, async () => {
  const { createAnthropic } = await importClient(directory, '@ai-sdk/anthropic');
  const { generateText, streamText, stepCountIs, tool } = await importClient(directory, 'ai');
  const { z } = await importClient(directory, 'zod');
  const model = createAnthropic({ baseURL: `${yard.url}/v1`, apiKey: yard.key })(yard.model);
  const common = { model, maxRetries: 0, maxOutputTokens: 300, temperature: 0 };

  const plain = await generateText({ ...common, prompt: 'Repeat after me: glim tarko' });
  assert.equal(plain.text, 'glim tarko');
  assert.equal(plain.finishReason, 'stop');

  const stream = streamText({ ...common, prompt: 'Count from 3 to 9.' });
  const pieces: string[] = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  assert.equal(pieces.join(''), '3, 4, 5, 6, 7, 8, 9');
  assert.equal(await stream.finishReason, 'stop');

  const looped = streamText({
    ...common,
    prompt: 'What is the weather in Paris?',
    stopWhen: stepCountIs(3),
    tools: {
      get_weather: tool({
        description: 'Get the current weather in a city',
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }: { city: string }) => `${city} is sunny`,
      }),
    },
  });
  assert.equal(await looped.text, 'The result is: Paris is sunny');
  const steps = await looped.steps;
  assert.equal(steps.length, 2);
  assert.deepEqual(steps[0].toolCalls[0].input, { city: 'Paris' });
  const usage = await looped.totalUsage;
  assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
});
