/** What is tried out when a server is attached, and what is then known of its models. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AttachedModels } from '../../src/agent/attached/attached-models.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { asking, attach, tell } from './attach.ts';
import type { FakeModel } from './fakes/fake-model.ts';
import { startFakeLlamaServer } from './fakes/llama-server.ts';
import { startFakeMlxLm } from './fakes/mlx-lm.ts';
import { startFakeOllama } from './fakes/ollama.ts';
import { startFakeOpenAi } from './fakes/openai-servers.ts';

/** Does what it is asked to. */
const able: FakeModel = ({ messages, tools, required, thinks, schema }) => {
  const asked = String(messages.at(-1).content);
  const thinking = thinks === false ? {} : { thinking: 'Hm.' };
  if (schema !== undefined) return { ...thinking, text: '{"colour": "blue"}' };
  if (/1000/.test(asked)) return { text: 'one two three '.repeat(200), pieceMs: 2 };
  if (tools.length > 0 && (required || /tool/.test(asked))) {
    const call = (city: string) => ({ name: 'get_weather', arguments: { city } });
    return { ...thinking, calls: /twice/.test(asked) ? [call('Paris'), call('Rome')] : [call('Paris')] };
  }
  return { ...thinking, text: 'OK.' };
};

const probed = (url: string) => {
  const attached = attach(url, { probe: 'loaded' });
  return { attached, found: attached.when(([first]) => first?.attached?.probe !== undefined) };
};

test('of an able model at llama-server', async () => {
  await using fake = await startFakeLlamaServer({ slots: 1 });
  fake.say(able);
  const { attached, found } = probed(fake.url);
  await using _ = attached;
  const [model] = await found;
  assert.deepEqual(model?.attached?.probe, {
    tools: 'native',
    parallel: 'yes',
    forced: 'yes',
    thinking: 'switch',
    vision: 'no',
    json: 'yes',
    cancel: 'yes',
    usage: 'with-cache',
  });
  assert.equal(model.thinking, true);
  assert.equal(model.schemas, true);
});

test('of one at mlx_lm.server that writes its calls into the text', async () => {
  await using fake = await startFakeMlxLm();
  fake.say((prompt) => {
    const { calls, ...answer } = able(prompt);
    const written = (calls ?? []).map((call) => `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`).join('\n');
    return calls === undefined ? answer : { ...answer, text: written };
  });
  const { attached, found } = probed(fake.url);
  await using _ = attached;
  const [model] = await found;
  const { tools, forced, json } = model?.attached?.probe ?? {};
  assert.deepEqual({ tools, forced, json }, { tools: 'rescued', forced: 'no', json: 'no' });
  assert.equal(model?.tools, true);
});

test('of a vLLM without tool calls: tools are refused before they are sent', async () => {
  await using fake = await startFakeOpenAi('vllm', { refusesTools: true });
  fake.say(able);
  const { attached, found } = probed(fake.url);
  await using _ = attached;
  const [model] = await found;
  assert.equal(model?.attached?.probe?.tools, 'refused');
  assert.equal(model.tools, false);
});

for (const [what, pictures, vision] of [
  ['that sees', 'sees', 'yes'],
  ['that refuses pictures', 'refuses', 'no'],
  ['that drops pictures without a word', 'drops', 'no'],
] as const) {
  test(`of a server that lists nothing about pictures, with a model ${what}`, async () => {
    await using fake = await startFakeOpenAi('sglang', { pictures });
    fake.say(able);
    const { attached, found } = probed(fake.url);
    await using _ = attached;
    const [model] = await found;
    assert.equal(model?.attached?.probe?.vision, vision);
    assert.equal(model?.vision, vision === 'yes' ? true : undefined);
  });
}

test('of a model that begins in the middle of its reasoning', async () => {
  await using fake = await startFakeLlamaServer();
  fake.say(() => ({ text: 'Hm, well.</think>OK.' }));
  const { attached, found } = probed(fake.url);
  await using _ = attached;
  await found;
  const { shown } = await tell(await attached.ready(), asking());
  assert.deepEqual(shown, ['thinking: Hm, well.', 'text: OK.']);
});

test('a model that would have to be loaded is left alone, unless the owner wants it tried', async () => {
  await using fake = await startFakeOllama();
  fake.say(able);
  await using attached = attach(fake.url, { probe: 'loaded' });
  await attached.ready();
  assert.equal(fake.chats.length, 0);
  await using all = attach(fake.url, { probe: 'all' });
  const [model] = await all.when(([first]) => first?.attached?.probe !== undefined);
  assert.equal(model?.attached?.probe?.usage, 'without-cache');
});

test("somebody's request comes first: the probe stops at once, and is made up for later", async () => {
  await using fake = await startFakeLlamaServer({ slots: 1 });
  fake.say(() => ({ text: 'slow', prefillMs: 60_000 }));
  const begun = fake.begun();
  await using attached = attach(fake.url, { probe: 'loaded' });
  await begun;
  const left = fake.left();
  fake.say(able);
  const { shown } = await tell(await attached.ready(), asking());
  await left;
  assert.deepEqual(shown, ['text: OK.']);
  const [model] = await attached.when(([first]) => first?.attached?.probe !== undefined);
  assert.equal(model?.attached?.probe?.tools, 'native');
});

test('what was found is kept: the same model is not asked again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
  await using fake = await startFakeLlamaServer();
  fake.say(able);
  const start = async (): Promise<AttachedModels> => {
    const known = Promise.withResolvers<void>();
    const models = new AttachedModels({
      wishes: { auto: false, targets: [{ url: fake.url, probe: 'loaded', guessed: false }] },
      log: silentLog,
      isTaken: () => false,
      onChange: () => {
        if (models.describe(() => 0)[0]?.attached?.probe !== undefined) known.resolve();
      },
      probesFile: join(directory, 'probes.json'),
    });
    models.start();
    await known.promise;
    return models;
  };
  await (await start()).close();
  const asked = fake.chats.length;
  assert.ok(asked > 5);
  await (await start()).close();
  assert.equal(fake.chats.length, asked);
  await rm(directory, { recursive: true });
});
