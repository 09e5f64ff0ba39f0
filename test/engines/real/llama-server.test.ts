/** The contract suite on a real llama-server, attached as its owner's would be, with a model that says what is wanted. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeScriptedGguf } from '../../support/scripted-gguf.ts';
import { shippedModel } from '../../support/scripted-gguf-run.ts';
import { asking, attach, findTool, tell } from '../attach.ts';
import { behaviours } from '../contract/all-behaviours.ts';
import type { Engine } from '../contract/engine.ts';
import { scriptedModel } from '../contract/raw-engines.ts';
import { contractTable, failures, type Results, runContract } from '../contract/run-contract.ts';
import { installLlamaServer, startLlamaServer } from './start-llama-server.ts';

const installed = await installLlamaServer();
const skip = installed.ok ? false : installed.reason;

const real: Engine = {
  name: 'llama-server, real',
  has: new Set(['exact-counts', 'cached-tokens', 'schema']),
  async open(script) {
    const directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
    const path = join(directory, 'scripted.gguf');
    await writeScriptedGguf(path, scriptedModel(script));
    const server = await startLlamaServer(installed, path, script.window ?? 8_192, script.slots ?? 1);
    const attached = attach(server.url);
    return {
      model: await attached.ready(),
      idle: async () => {},
      begun: async () => {},
      kill: () => server.kill(),
      async [Symbol.asyncDispose]() {
        await attached[Symbol.asyncDispose]();
        await server.kill();
        await rm(directory, { recursive: true });
      },
    };
  },
};

test('the real llama-server does what its tier promises', { skip }, async () => {
  const found = await runContract(real, behaviours);
  after(() => console.log(contractTable(new Map<string, Results>([[real.name, found]]))));
  assert.deepEqual(failures(found), []);
});

test('the shipped model at a real llama-server: text, thinking, a forced call, cached tokens, a cancel', {
  skip,
}, async () => {
  await using server = await startLlamaServer(installed, shippedModel, 8_192, 2);
  await using attached = attach(server.url);
  const model = await attached.ready();
  assert.equal(model.slots, 2);
  const greedy = { temperature: 0 };
  const off = { mode: 'off', show: true } as const;
  const repeat = asking({
    messages: [{ role: 'user', text: 'Repeat after me: blue fox 42' }],
    sampling: greedy,
    thinking: off,
  });
  assert.equal((await tell(model, repeat)).text, 'blue fox 42');
  const again = await tell(model, repeat);
  assert.ok(again.start!.cachedTokens > 15, 'the second time it is cached, and known before the first word');
  const thought = await tell(model, { ...repeat, thinking: { mode: 'on', show: true } });
  assert.match(thought.shown[0] ?? '', /^thinking: ./);
  // Its grammar for a required call lets words come first, so the question must be one for the tool.
  const weather = { ...findTool, name: 'get_weather', description: 'Weather of a city' };
  const forced = await tell(
    model,
    asking({
      messages: [{ role: 'user', text: 'What is the weather in Paris?' }],
      tools: [weather],
      toolChoice: { type: 'any' },
      sampling: greedy,
      thinking: off,
      maxTokens: 100,
    }),
  );
  assert.match(forced.shown.at(-1) ?? '', /^get_weather \{/);

  const stopping = new AbortController();
  const long = asking({ messages: [{ role: 'user', text: 'word '.repeat(2_500) }], sampling: greedy, maxTokens: 500 });
  const startedMs = performance.now();
  const telling = tell(model, long, {
    signal: stopping.signal,
    onEvents: () => stopping.abort(),
  });
  await telling;
  const { shown } = await tell(model, repeat);
  assert.deepEqual(shown, ['text: blue fox 42']);
  assert.ok(performance.now() - startedMs < 60_000);
});

test('a real llama-server that is killed is unlisted, and in-flight work fails precisely', { skip }, async () => {
  await using server = await startLlamaServer(installed, shippedModel, 8_192, 1);
  await using attached = attach(server.url);
  const model = await attached.ready();
  // A grammar that allows nothing shorter: by itself the model might be done before the signal arrives.
  const words = Array.from({ length: 300 }, (_, index) => `word${index}`).join(' ');
  const schema = { type: 'object', properties: { text: { type: 'string', const: words } }, required: ['text'] };
  const long = asking({ output: { type: 'json', schema }, maxTokens: 4_000 });
  const { error } = await tell(model, long, { onEvents: () => void server.kill() });
  assert.equal(error?.code, 'engine_failed');
  await attached.when(({ length }) => length === 0);
});
