/** An attached Ollama: its own context, never a prompt cut without a word, models that load on demand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking, attach, findTool, tell } from './attach.ts';
import { startFakeOllama } from './fakes/ollama.ts';

const longPrompt = (tokens: number) => asking({ messages: [{ role: 'user', text: 'word'.repeat(tokens) }] });

test('models that are only on disk are listed, with the context they will be loaded with', async () => {
  await using fake = await startFakeOllama({
    models: [
      { name: 'qwen3:8b' },
      { name: 'small:latest', trainedWindow: 8_192, capabilities: ['completion'] },
      { name: 'nomic-embed-text:latest', capabilities: ['embedding'] },
      { name: 'gpt-oss:120b-cloud', remote: true },
    ],
  });
  await using attached = attach(fake.url);
  const models = await attached.when(({ length }) => length > 0);
  assert.deepEqual(
    models.map(({ id, window, tools, thinking, attached: of }) => [
      id,
      window,
      tools,
      thinking,
      of?.windowFrom,
      of?.loaded,
    ]),
    [
      ['qwen3-8b-q4', 32_768, true, true, 'chosen', false],
      ['small-q4', 8_192, false, false, 'chosen', false],
    ],
    'no embedding model, and none that runs in a cloud',
  );
  assert.equal(models[0]?.attached?.counting, 'estimated');
  assert.equal(models[0]?.attached?.cacheReporting, 'none');
  assert.match(models[0]?.digest ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(models[0]?.artefact, {
    format: 'ollama',
    name: 'qwen3:8b',
    quantisation: 'Q4_K_M',
    parameters: 8_200_000_000,
  });
  assert.equal(models[0]?.createdAtMs, Date.parse('2026-10-01T08:00:00Z'));
});

test('the first request loads the model once, with our context; the list then tells what is loaded', async () => {
  await using fake = await startFakeOllama();
  await using attached = attach(fake.url);
  fake.say(() => ({ text: 'Hello.' }));
  const model = await attached.ready();
  assert.deepEqual((await tell(model, asking())).shown, ['text: Hello.']);
  assert.equal(fake.loaded.get('qwen3:8b'), 32_768);
  const [listed] = await attached.when(([first]) => first?.attached?.loaded === true);
  assert.equal(listed?.attached?.windowFrom, 'loaded');
  assert.equal(typeof listed?.loadMs, 'number', 'how long that took was measured');
  assert.deepEqual(listed?.loadTimes, { firstMs: listed?.loadMs, next: 'later' });
  await tell(model, asking());
  assert.equal(fake.counts.loads, 1, 'every request names the same context');
});

test('a context that somebody else has loaded is kept, unless the owner wants another', async () => {
  await using fake = await startFakeOllama();
  await fetch(`${fake.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'qwen3:8b', options: { num_ctx: 6_000 } }),
  });
  await using attached = attach(fake.url);
  const [listed] = await attached.when(({ length }) => length === 1);
  assert.equal(listed?.window, 6_000);
  await tell(await attached.ready(), asking());
  assert.equal(fake.counts.loads, 1);

  await using wanted = attach(fake.url, { window: 12_000 });
  await tell(await wanted.ready(), asking());
  assert.equal(fake.loaded.get('qwen3:8b'), 12_000);
});

test('a prompt is never cut without a word', async () => {
  await using fake = await startFakeOllama();
  await using attached = attach(fake.url, { window: 2_000 });
  const model = await attached.ready();
  // Far too long even for a guess: refused before Ollama is asked.
  const declined = await model.prepare(longPrompt(9_000), new AbortController().signal);
  assert.ok(!declined.ok && declined.reason.code === 'context-overflow');
  assert.ok(declined.reason.tokens > declined.reason.maximum);
  // Too long, but the guess is not sure: Ollama says so, and the client hears it in Anthropic's words.
  const { error } = await tell(model, longPrompt(2_010));
  assert.equal(error?.code, 'context_overflow');
  assert.match(error.message, /^prompt is too long: \d+ tokens > 2000 maximum$/);
  assert.equal(fake.counts.truncated, 0);
  const { body } = fake.seen.findLast(({ path }) => path === '/api/chat')!;
  assert.deepEqual([body.truncate, body.shift, body.options.num_ctx], [false, false, 2_000]);
});

test('the guess learns from what Ollama counts', async () => {
  await using fake = await startFakeOllama();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  const request = longPrompt(500);
  const guess = await model.count(request, new AbortController().signal);
  await tell(model, request);
  const learned = await model.count(request, new AbortController().signal);
  assert.ok('tokens' in guess && 'tokens' in learned);
  const { end } = await tell(model, request);
  const truth = end!.usage.promptTokens;
  assert.ok(Math.abs(learned.tokens - truth) < Math.abs(guess.tokens - truth));
  assert.ok(Math.abs(learned.tokens - truth) <= truth / 20, `${learned.tokens} for ${truth}`);
});

test('calls, thinking and a schema go through its native door', async () => {
  await using fake = await startFakeOllama();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  fake.say(() => ({
    thinking: 'Hm.',
    text: 'I look.',
    calls: [
      { name: 'find', arguments: { of: 'a' } },
      { name: 'find', arguments: { of: 'b' } },
    ],
  }));
  const { shown, end } = await tell(model, asking({ tools: [findTool], thinking: { mode: 'on', show: true } }));
  assert.deepEqual(shown, ['thinking: Hm.', 'text: I look.', 'find {"of":"a"}', 'find {"of":"b"}']);
  assert.equal(end?.usage.cachedTokens, 0);
  assert.equal(fake.chats[0]?.body.think, true);

  fake.say(({ schema }) => ({ text: schema === undefined ? 'no schema' : '{"a": 1}' }));
  const schema = { type: 'object', required: ['a'] };
  const json = await tell(model, asking({ output: { type: 'json', schema } }));
  assert.deepEqual(json.shown, ['text: {"a": 1}']);
  assert.deepEqual(fake.chats[1]?.body.format, schema);
});

test('a model without a thinking switch is not sent one', async () => {
  await using fake = await startFakeOllama({ models: [{ name: 'plain:1b', capabilities: ['completion'] }] });
  await using attached = attach(fake.url);
  const { error } = await tell(await attached.ready(), asking({ thinking: { mode: 'on', show: true } }));
  assert.equal(error, undefined);
  assert.equal(fake.chats[0]?.body.think, undefined);
});

test('a tool result names its tool, as Ollama wants it', async () => {
  await using fake = await startFakeOllama();
  await using attached = attach(fake.url);
  const call = { id: 'toolu_1', name: 'find', input: { of: 'a' } };
  await tell(
    await attached.ready(),
    asking({
      tools: [findTool],
      messages: [
        { role: 'user', text: 'Find.' },
        { role: 'assistant', text: '', reasoning: 'Hm.', toolCalls: [call] },
        { role: 'tool', toolCallId: 'toolu_1', toolName: 'find', text: 'here', isError: false },
      ],
    }),
  );
  const [, assistant, result] = fake.chats[0]!.body.messages;
  assert.deepEqual(assistant.tool_calls, [{ id: 'toolu_1', function: { name: 'find', arguments: { of: 'a' } } }]);
  assert.equal(assistant.thinking, 'Hm.');
  assert.equal(result.tool_name, 'find');
});
