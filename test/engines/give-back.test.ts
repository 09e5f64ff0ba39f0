/** Memory that was taken for our requests is given back when the machine needs it; what its owner has loaded is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking, attach, tell } from './attach.ts';
import type { FakeServer } from './fakes/fake-server.ts';
import { startFakeLlamaRouter } from './fakes/llama-router.ts';
import { startFakeLmStudio } from './fakes/lm-studio.ts';
import { startFakeOllama } from './fakes/ollama.ts';

interface Server {
  readonly fake: FakeServer;
  /** In memory now. */
  loaded(): readonly string[];
}

/** Each holds the owner's model from the beginning. */
const servers: readonly (readonly [name: string, ours: string, owners: string, start: () => Promise<Server>])[] = [
  [
    'Ollama',
    'qwen3:8b',
    'gemma3:4b',
    async () => {
      const fake = await startFakeOllama({ models: [{ name: 'qwen3:8b' }, { name: 'gemma3:4b' }] });
      await fetch(`${fake.url}/api/generate`, { method: 'POST', body: '{"model":"gemma3:4b"}' });
      return { fake, loaded: () => [...fake.loaded.keys()] };
    },
  ],
  [
    'LM Studio',
    'qwen3-8b',
    'gemma-3-4b',
    async () => {
      const fake = await startFakeLmStudio({ models: [{ key: 'qwen3-8b' }, { key: 'gemma-3-4b', loaded: 8_192 }] });
      return { fake, loaded: () => [...fake.loaded.keys()] };
    },
  ],
  [
    'a llama-server router',
    'qwen3-8b',
    'gemma-3-4b',
    async () => {
      const held = { window: 8_192, slots: 1 };
      const models = [
        { model: 'qwen3-8b', ...held },
        { model: 'gemma-3-4b', ...held, running: true },
      ];
      const fake = await startFakeLlamaRouter({ models });
      const loaded = () => models.map(({ model }) => model).filter((model) => fake.stateOf(model) === 'loaded');
      return { fake, loaded };
    },
  ],
];

for (const [name, ours, owners, start] of servers) {
  test(`${name}: the model loaded for us is unloaded, the owner's stays`, async () => {
    const { fake, loaded } = await start();
    await using _ = fake;
    await using attached = attach(fake.url);
    await attached.when(({ length }) => length === 2);
    const of = (wanted: string) =>
      attached.models.find(attached.list().find(({ displayName }) => displayName.toLowerCase() === wanted)!.id)!;
    for (const wanted of [ours, owners]) await tell(of(wanted), asking());
    assert.deepEqual(new Set(loaded()), new Set([ours, owners]));
    await attached.when((models) => models.every(({ attached: at }) => at?.loaded === true));
    attached.models.rest('the system reports critical memory pressure');
    await attached.when((models) => models.some(({ attached: at }) => at?.loaded === false));
    assert.deepEqual(loaded(), [owners]);
    // And it is loaded again for the next request.
    await tell(of(ours), asking());
    assert.ok(loaded().includes(ours));
  });
}
