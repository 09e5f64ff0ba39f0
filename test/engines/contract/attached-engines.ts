/** The attached servers, faked, as engines of the contract suite. */
import { attach, type TargetWishes } from '../attach.ts';
import type { FakeServer } from '../fakes/fake-server.ts';
import { startFakeLlamaRouter } from '../fakes/llama-router.ts';
import { startFakeLlamaServer } from '../fakes/llama-server.ts';
import { startFakeLmStudio } from '../fakes/lm-studio.ts';
import { startFakeMlxLm } from '../fakes/mlx-lm.ts';
import { startFakeOllama } from '../fakes/ollama.ts';
import { startFakeOpenAi } from '../fakes/openai-servers.ts';
import type { Ability, Engine, Script } from './engine.ts';

interface Fake {
  readonly name: string;
  /** Beyond what every fake has. */
  readonly has: readonly Ability[];
  start(script: Required<Pick<Script, 'window' | 'slots'>>): Promise<FakeServer>;
}

const always: readonly Ability[] = ['pace', 'second-answer', 'faults', 'bodies', 'outage'];

const fakes: readonly Fake[] = [
  {
    name: 'llama-server',
    has: ['exact-counts', 'cached-tokens', 'tool-choice', 'schema', 'thinking-switch', 'cancel-prefill'],
    start: ({ window, slots }) => startFakeLlamaServer({ window, slots }),
  },
  {
    name: 'llama-server router',
    has: ['exact-counts', 'cached-tokens', 'tool-choice', 'schema', 'thinking-switch', 'cancel-prefill'],
    start: ({ window, slots }) =>
      startFakeLlamaRouter({ models: [{ model: 'qwen3-8b-q4_k_m', window, slots, running: true }] }),
  },
  {
    name: 'Ollama',
    has: ['schema', 'schema-with-tools', 'thinking-switch', 'cancel-prefill'],
    start: () => startFakeOllama(),
  },
  {
    name: 'LM Studio',
    has: ['tool-choice', 'schema', 'schema-with-tools'],
    start: ({ window }) => startFakeLmStudio({ models: [{ key: 'qwen3-8b', loaded: window }] }),
  },
  {
    name: 'vLLM',
    has: [
      'exact-counts',
      'cached-tokens',
      'tool-choice',
      'schema',
      'schema-with-tools',
      'thinking-switch',
      'cancel-prefill',
    ],
    start: ({ window }) => startFakeOpenAi('vllm', { window }),
  },
  {
    name: 'SGLang',
    has: ['tool-choice', 'schema', 'schema-with-tools', 'thinking-switch', 'cancel-prefill'],
    start: ({ window }) => startFakeOpenAi('sglang', { window }),
  },
  { name: 'mlx_lm', has: ['cached-tokens', 'thinking-switch'], start: () => startFakeMlxLm() },
  { name: 'vllm-mlx', has: ['cancel-prefill'], start: ({ window }) => startFakeOpenAi('vllm-mlx', { window }) },
  {
    name: 'oMLX',
    has: ['cached-tokens', 'thinking-switch', 'cancel-prefill'],
    start: ({ window }) => startFakeOpenAi('omlx', { window }),
  },
  {
    name: 'TabbyAPI',
    has: ['cached-tokens', 'schema', 'schema-with-tools', 'thinking-switch', 'cancel-prefill'],
    start: ({ window }) => startFakeOpenAi('tabby', { window }),
  },
  {
    name: 'other',
    has: ['tool-choice', 'schema', 'schema-with-tools', 'cancel-prefill'],
    start: ({ window }) => startFakeOpenAi('openai', { window }),
  },
];

export const attachedEngines: readonly Engine[] = fakes.map(({ name, has, start }) => ({
  name,
  has: new Set([...always, ...has]),
  async open({ answer, constrained = answer, window = 8_192, slots = 1 }) {
    const fake = await start({ window, slots });
    fake.say(({ required, thinks }) => {
      const { thinking = '', ...words } = required ? constrained : answer;
      return thinks === false || thinking === '' ? words : { ...words, thinking };
    });
    const wishes: TargetWishes = { window, slots };
    const attached = attach(fake.url, wishes);
    const model = await attached.ready();
    return {
      model,
      async idle() {
        while (fake.busy > 0) await fake.left();
      },
      begun: () => fake.begun(),
      body: () => fake.chats.at(-1)?.body,
      refuse: (refusal) => fake.refuse(refusal),
      kill: () => fake.kill(),
      async [Symbol.asyncDispose]() {
        await attached[Symbol.asyncDispose]();
        await fake[Symbol.asyncDispose]();
      },
    };
  },
}));
