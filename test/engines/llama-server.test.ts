/** An attached llama-server: what it lists, how it is asked, and what it tells while it works. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking, attach, findTool, tell } from './attach.ts';
import { startFakeLlamaServer } from './fakes/llama-server.ts';

test('its model is listed with the context of one slot, under a name clients take', async () => {
  await using fake = await startFakeLlamaServer({ window: 4_096, slots: 3 });
  await using attached = attach(fake.url);
  const [model] = await attached.when(({ length }) => length === 1);
  assert.equal(model?.id, 'qwen3-8b-q4');
  assert.equal(model.window, 4_096);
  assert.equal(model.slots, 3);
  assert.equal(model.tier, 'chat');
  assert.deepEqual(model.attached, {
    server: 'llama-server b11549-abcdef',
    loaded: true,
    counting: 'exact',
    cacheReporting: 'reported',
    windowFrom: 'loaded',
  });
});

test('it is always asked to stream, to tell its progress and its usage', async () => {
  await using fake = await startFakeLlamaServer();
  await using attached = attach(fake.url);
  fake.say(() => ({ thinking: 'Hm.', text: 'Hello there.' }));
  const model = await attached.ready();
  const first = await tell(model, asking());
  assert.deepEqual(first.shown, ['thinking: Hm.', 'text: Hello there.']);
  const { body } = fake.chats[0]!;
  assert.equal(body.stream, true);
  assert.equal(body.return_progress, true);
  assert.deepEqual(body.stream_options, { include_usage: true });
  assert.equal(body.model, 'qwen3-8b-q4_k_m.gguf');
  // The same prompt again: the cached part is known before the first word.
  const second = await tell(model, asking());
  assert.ok(second.start!.cachedTokens > 0);
  assert.equal(second.end?.usage.cachedTokens, second.start?.cachedTokens);
  assert.equal(second.end?.usage.promptTokens, second.start?.promptTokens);
});

test('its own counter counts: at accept, and for count_tokens', async () => {
  await using fake = await startFakeLlamaServer();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  const request = asking({ tools: [findTool] });
  const signal = new AbortController().signal;
  const prepared = await model.prepare(request, signal);
  assert.ok(prepared.ok);
  assert.deepEqual(await model.count(request, signal), { tokens: prepared.answer.promptTokens });
  const { end } = await tell(model, request);
  assert.equal(end?.usage.promptTokens, prepared.answer.promptTokens);
});

test('a forced tool is the only one that is sent; none means none, though history shows calls', async () => {
  await using fake = await startFakeLlamaServer();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  const other = { ...findTool, name: 'other' };
  fake.say(({ tools, required }) =>
    required ? { calls: [{ name: tools[0].function.name, arguments: { of: 'x' } }] } : { text: 'No.' },
  );
  const forced = await tell(model, asking({ tools: [other, findTool], toolChoice: { type: 'tool', name: 'find' } }));
  assert.deepEqual(forced.shown, ['find {"of":"x"}']);
  const { tools, tool_choice: choice } = fake.chats[0]!.body;
  assert.deepEqual([tools.length, tools[0].function.name, choice], [1, 'find', 'required']);

  const call = { id: 'toolu_1', name: 'find', input: { of: 'a' } };
  await tell(
    model,
    asking({
      tools: [findTool],
      toolChoice: { type: 'none' },
      messages: [
        { role: 'user', text: 'Find.' },
        { role: 'assistant', text: '', toolCalls: [call] },
        { role: 'tool', toolCallId: 'toolu_1', toolName: 'find', text: 'lost', isError: true },
      ],
    }),
  );
  const { body } = fake.chats[1]!;
  assert.equal(body.tools, undefined);
  assert.equal(body.messages[1].tool_calls[0].function.arguments, '{"of":"a"}');
  assert.deepEqual(body.messages[2], { role: 'tool', tool_call_id: 'toolu_1', content: 'Error: lost' });
});

test('a prompt that is too long is declined with both numbers, before anything is generated', async () => {
  await using fake = await startFakeLlamaServer({ window: 1_000 });
  await using attached = attach(fake.url);
  const model = await attached.ready();
  const long = asking({ messages: [{ role: 'user', text: 'word '.repeat(2_000) }] });
  const prepared = await model.prepare(long, new AbortController().signal);
  assert.ok(!prepared.ok && prepared.reason.code === 'context-overflow');
  assert.ok(prepared.reason.tokens > 2_000);
  assert.equal(prepared.reason.maximum, 875);
  assert.equal(fake.chats.length, 0);
});

test('a schema and tools together are refused: it would never call one', async () => {
  await using fake = await startFakeLlamaServer();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  const output = { type: 'json', schema: { type: 'object' } } as const;
  const result = await model.prepare(asking({ tools: [findTool], output }), new AbortController().signal);
  assert.ok(!result.ok && result.reason.code === 'refused');
  assert.match(result.reason.error.message, /^output_config\.format: together with tools/);
  // Tools that may not be called are no obstacle.
  fake.say(() => ({ text: '{}' }));
  const { text } = await tell(model, asking({ tools: [findTool], toolChoice: { type: 'none' }, output }));
  assert.equal(text, '{}');
});

test('leaving while it reads the prompt, or writes, closes the connection and frees it', async () => {
  await using fake = await startFakeLlamaServer();
  await using attached = attach(fake.url);
  const model = await attached.ready();
  for (const answer of [
    { text: 'never', prefillMs: 60_000 },
    { text: 'on and on '.repeat(500), pieceMs: 5 },
  ]) {
    fake.say(() => answer);
    const begun = fake.begun();
    const left = fake.left();
    const stopping = new AbortController();
    const telling = tell(model, asking(), { signal: stopping.signal });
    await begun;
    stopping.abort();
    await Promise.all([telling, left]);
    assert.equal(fake.busy, 0);
  }
});

test('while it loads a model its place is kept, and it serves when it has', async () => {
  let loading = true;
  await using fake = await startFakeLlamaServer({ loading: () => loading });
  await using attached = attach(fake.url);
  await waitUntilAsked(() => fake.seen.some(({ path }) => path === '/v1/models'));
  assert.deepEqual(attached.list(), []);
  loading = false;
  await attached.ready();
});

async function waitUntilAsked(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
