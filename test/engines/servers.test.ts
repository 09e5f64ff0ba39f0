/** What each further server does its own way, and what we make of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '../../src/transport/log/log.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { asking, attach, findTool, tell } from './attach.ts';
import { startFakeLmStudio } from './fakes/lm-studio.ts';
import { startFakeMlxLm } from './fakes/mlx-lm.ts';
import { openAiKinds, startFakeOpenAi } from './fakes/openai-servers.ts';

const long = (tokens: number) => asking({ messages: [{ role: 'user', text: 'word'.repeat(tokens) }] });

describe('LM Studio', () => {
  test('a model that is only on disk is loaded with a context that holds Claude Code, and then asked', async () => {
    await using fake = await startFakeLmStudio({ models: [{ key: 'qwen3-8b' }] });
    await using attached = attach(fake.url);
    const [listed] = await attached.when(({ length }) => length === 1);
    assert.equal(listed?.window, 32_768);
    assert.equal(listed.attached?.loaded, false);
    const { shown } = await tell(await attached.ready(), asking());
    assert.deepEqual(shown, ['text: Hello.']);
    assert.equal(fake.loaded.get('qwen3-8b'), 32_768);
    const [after] = await attached.when(([first]) => first?.attached?.loaded === true);
    assert.equal(after?.attached?.windowFrom, 'loaded');
  });

  test('the context that is loaded counts, not what the model was trained for', async () => {
    await using fake = await startFakeLmStudio({ models: [{ key: 'a', loaded: 4_096, trainedWindow: 131_072 }] });
    await using attached = attach(fake.url);
    const [listed] = await attached.when(({ length }) => length === 1);
    assert.equal(listed?.window, 4_096);
  });

  test('a prompt it finds too long is told in Anthropic words, with its numbers', async () => {
    await using fake = await startFakeLmStudio({ models: [{ key: 'a', loaded: 2_000 }] });
    await using attached = attach(fake.url);
    const { error } = await tell(await attached.ready(), long(2_005));
    assert.equal(error?.code, 'context_overflow');
    assert.match(error.message, /^prompt is too long: 20\d\d tokens > 2000 maximum$/);
  });

  test('it reads on when the client has left: the connection is closed all the same', async () => {
    await using fake = await startFakeLmStudio();
    await using attached = attach(fake.url);
    fake.say(() => ({ text: 'never', prefillMs: 1_000 }));
    const model = await attached.ready();
    const stopping = new AbortController();
    const begun = fake.begun();
    const left = fake.left();
    const telling = tell(model, asking(), { signal: stopping.signal });
    await begun;
    stopping.abort();
    await telling;
    assert.equal(fake.busy, 1, 'LM Studio goes on');
    await left;
    assert.equal(fake.busy, 0);
  });
});

describe('mlx_lm.server', () => {
  test('max_tokens is always sent, progress stands in comments, a call comes whole', async () => {
    await using fake = await startFakeMlxLm();
    await using attached = attach(fake.url, { window: 16_384 });
    fake.say(() => ({ thinking: 'Hm.', calls: [{ name: 'find', arguments: { of: 'a' } }] }));
    const { shown, events } = await tell(await attached.ready(), asking({ tools: [findTool], maxTokens: 2_000 }));
    assert.deepEqual(shown, ['thinking: Hm.', 'find {"of":"a"}']);
    assert.equal(fake.chats[0]?.body.max_tokens, 2_000);
    assert.ok(events.some((event) => event.type === 'progress' && event.phase === 'prefill'));
  });

  test('it cannot be held to a schema, and the model says so', async () => {
    await using fake = await startFakeMlxLm();
    await using attached = attach(fake.url);
    const [listed] = await attached.when(({ length }) => length === 1);
    assert.equal(listed?.schemas, false);
    assert.equal(listed.window, 8_192);
    assert.equal(listed.attached?.windowFrom, 'assumed');
    assert.equal(listed.id, 'qwen3-8b-q4');
  });

  test('a call it was to make, and did not: the words are shown, and nothing hangs', async () => {
    await using fake = await startFakeMlxLm();
    await using attached = attach(fake.url);
    fake.say(() => ({ text: 'I would rather not.' }));
    const { shown, end } = await tell(
      await attached.ready(),
      asking({ tools: [findTool], toolChoice: { type: 'any' } }),
    );
    assert.deepEqual(shown, ['text: I would rather not.']);
    assert.equal(end?.stopReason, 'end-turn');
  });
});

describe('vLLM', () => {
  test('counts by its own tokenizer, tells its window, and keeps API keys apart', async () => {
    await using fake = await startFakeOpenAi('vllm', { window: 5_000 });
    await using attached = attach(fake.url);
    const [listed] = await attached.when(({ length }) => length === 1);
    assert.equal(listed?.window, 5_000);
    assert.equal(listed.attached?.counting, 'exact');
    const model = await attached.ready();
    const prepared = await model.prepare(asking({ tools: [findTool] }), new AbortController().signal);
    assert.ok(prepared.ok);
    const { end } = await tell(model, asking({ tools: [findTool] }), { scope: 'key_7' });
    assert.equal(end?.usage.promptTokens, prepared.answer.promptTokens);
    assert.equal(fake.chats[0]?.body.cache_salt, 'key_7');
  });

  test('started without tool calls it refuses tools: the client is told what to turn on', async () => {
    await using fake = await startFakeOpenAi('vllm', { refusesTools: true });
    await using attached = attach(fake.url);
    const { error } = await tell(await attached.ready(), asking({ tools: [findTool] }));
    assert.equal(error?.code, 'unsupported_feature');
    assert.match(error.message, /--enable-auto-tool-choice/);
  });
});

describe('oMLX', () => {
  test('cached tokens that are counted twice are noticed once they cannot be, and replaced', async () => {
    const doubts: unknown[] = [];
    const log: Log = { ...silentLog, warn: (message, fields) => void doubts.push([message, fields]) };
    await using fake = await startFakeOpenAi('omlx', { window: 2_000, countsTwice: true });
    await using attached = attach(fake.url, { log });
    const model = await attached.ready();
    await tell(model, long(1_400));
    const { end } = await tell(model, long(1_400));
    assert.ok(end!.usage.promptTokens <= 2_000);
    assert.match(JSON.stringify(doubts), /usage not believed/);
  });
});

describe('the words for a prompt that is too long are understood:', () => {
  for (const id of Object.keys(openAiKinds) as (keyof typeof openAiKinds)[]) {
    if (id === 'vllm') continue; // counts by itself: see there
    test(id, async () => {
      await using fake = await startFakeOpenAi(id, { window: 3_000 });
      await using attached = attach(fake.url, { window: 3_000 });
      const { error } = await tell(await attached.ready(), long(3_005));
      assert.equal(error?.code, 'context_overflow');
      assert.match(error.message, /^prompt is too long: \d+ tokens > 3000 maximum$/);
    });
  }
});

describe('errors of a server become ours, and quote nothing of it:', () => {
  const secret = 'SECRET-PROMPT';
  const cases: [string, number, unknown, string, RegExp][] = [
    [
      'loading',
      503,
      { error: { message: 'Loading model', type: 'unavailable_error' } },
      'model_loading',
      /still loading/,
    ],
    ['busy', 503, { error: { message: 'server busy, please try again.' } }, 'no_machine', /busy/],
    ['too many', 429, { error: { message: 'queue full' } }, 'no_machine', /busy/],
    ['memory', 500, { error: `model requires more system memory (9 GiB) ${secret}` }, 'engine_failed', /out of memory/],
    ['cuda', 500, { error: { message: 'CUDA error: out of memory' } }, 'engine_failed', /out of memory/],
    ['gone', 404, { error: "model 'x' not found" }, 'engine_failed', /does not have this model any more/],
    ['key', 401, { error: 'unauthorized' }, 'model_load_failed', /refuses the key/],
    ['grammar', 400, { error: { message: 'failed to parse grammar' } }, 'invalid_request', /Simplify/],
    ['other', 422, { detail: `1 validation error: ${secret}` }, 'invalid_request', /status 422/],
    ['crash', 500, { error: `llama runner process has terminated ${secret}` }, 'engine_failed', /status 500/],
  ];
  for (const [name, status, body, code, message] of cases) {
    test(name, async () => {
      await using fake = await startFakeOpenAi('openai');
      await using attached = attach(fake.url);
      const model = await attached.ready();
      fake.refuse({ status, body });
      const { error } = await tell(model, asking());
      assert.equal(error?.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(JSON.stringify(error), new RegExp(secret));
    });
  }
});
