import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MachineModel } from '../contract/link/messages.ts';
import type { YardEvent } from './events.ts';
import { resolveModel } from './names/resolve-model.ts';
import { createYard, step, type YardState } from './step.ts';
import { availableModels, modelCopies, nameOnMachine, viewYard } from './view.ts';

const model = (id: string, status: MachineModel['status'], window = 8_192): MachineModel => ({
  id,
  digest: id,
  displayName: id,
  status,
  window,
  slots: 2,
  busySlots: 0,
  thinking: true,
  tools: true,
  createdAtMs: 0,
});

function join(yard: YardState, machineId: string, models: readonly MachineModel[], nowMs: number): void {
  step(yard, { type: 'machine-connected', machineId, sessionId: machineId, name: `${machineId}'s` }, nowMs);
  step(yard, { type: 'machine-reported', machineId, sessionId: machineId, models, draining: false }, nowMs);
}

const outlooks = (yard: YardState): string[] => availableModels(yard).map(({ id, outlook }) => `${id} ${outlook}`);

test('a model is listed once, as it stands where it stands best', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'loading', 1), model('big', 'failed')], 0);
  join(yard, 'B', [model('tiny', 'ready', 2)], 0);
  assert.deepEqual(outlooks(yard), ['tiny ready', 'big failed']);
  assert.equal(availableModels(yard)[0]?.window, 2);
});

test('a copy on a machine that takes nothing new is as good as away, and the list says so at once', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  join(yard, 'B', [model('big', 'ready')], 0);
  const told = (event: Partial<YardEvent & { type: 'machine-reported' }>): string[] => {
    const models = [model('tiny', 'ready')];
    const report = { machineId: 'A', sessionId: 'A', models, draining: false, ...event };
    step(yard, { type: 'machine-reported', ...report }, 1);
    return outlooks(yard);
  };
  assert.deepEqual(outlooks(yard), ['tiny ready', 'big ready']);
  assert.deepEqual(told({ pressed: 'its owner plays' }), ['tiny shut', 'big ready']);
  assert.deepEqual(told({}), ['tiny ready', 'big ready']);
  assert.deepEqual(told({ draining: true }), ['tiny shut', 'big ready']);
  told({});
  step(yard, { type: 'machine-held', machineId: 'A', held: true }, 1);
  assert.deepEqual(outlooks(yard), ['tiny shut', 'big ready']);
  const [tiny] = availableModels(yard);
  assert.equal(tiny?.warm, false);
  step(yard, { type: 'machine-held', machineId: 'A', held: false }, 1);
  assert.deepEqual(outlooks(yard), ['tiny ready', 'big ready']);
  assert.deepEqual(told({ models: [{ ...model('tiny', 'ready'), givesWay: true }] }), ['tiny available', 'big ready']);
});

test('why a machine is not relied on names what keeps our own engine from running there', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'available')], 0);
  const doubts = (): string | null | undefined => viewYard(yard).machines[0]?.doubts;
  const judged = { type: 'machine-judged', machineId: 'A', slowedBy: [], noEngineBecause: ['musl'] } as const;
  assert.equal(doubts(), null);
  step(yard, { ...judged, lastResortBecause: [] }, 1);
  assert.equal(doubts(), 'nothing is loaded there in our own engine: finding musl');
  step(yard, { ...judged, lastResortBecause: ['x'] }, 2);
  assert.match(doubts() ?? '', /finding musl; of what is wrong with it: x$/);
});

test('a count that shows how long prompts of a model are is told with the model', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  const ratio = () => availableModels(yard)[0]?.tokensPerEstimate;
  assert.equal(ratio(), 1);
  step(yard, { type: 'request-submitted', requestId: 'r1', keyId: 'key', model: 'tiny', estimatedTokens: 6_000 }, 1);
  const reason = { code: 'context-overflow', tokens: 12_000, maximum: 7_168, window: 8_192 } as const;
  step(yard, { type: 'offer-declined', machineId: 'A', requestId: 'r1', attempt: 1, reason }, 2);
  assert.equal(ratio(), 2);
});

test('copies with one digest are one model by all their names; another digest is another model', () => {
  const yard = createYard();
  const named = (id: string, digest: string, format: string, name: string) => ({
    ...model(id, 'ready'),
    digest,
    artefact: { format, name },
  });
  join(yard, 'A', [named('qwen3-8b-q4', '11', 'gguf', 'Qwen3-8B-Q4_K_M.gguf')], 0);
  join(yard, 'B', [named('my-coder', '11', 'gguf', 'my-coder.gguf')], 0);
  join(yard, 'C', [named('qwen3-8b-q4', '2222222222', 'gguf', 'qwen3-8b-q4_k_m.gguf')], 0);
  const atOllama = [
    named('qwen3-8b-q4', '33', 'ollama', 'qwen3:8b'),
    named('qwen3-q4', '33', 'ollama', 'qwen3:latest'),
  ];
  join(yard, 'D', atOllama, 0);
  const copiesOf = modelCopies(yard);
  const list = availableModels(yard).map(({ id, otherNames, digests }) => ({
    id,
    on: copiesOf
      .get(id)
      ?.copies.map(({ machineId }) => machineId)
      .join(''),
    otherNames,
    digests,
  }));
  assert.deepEqual(list, [
    {
      id: 'qwen3-8b-q4',
      on: 'ABD',
      otherNames: ['Qwen3-8B-Q4_K_M.gguf', 'my-coder', 'my-coder.gguf', 'qwen3-q4', 'qwen3:8b'],
      digests: ['11', '33'],
    },
    {
      id: 'qwen3-8b-q4@22222222',
      on: 'C',
      otherNames: ['qwen3-8b-q4', 'qwen3-8b-q4_k_m.gguf'],
      digests: ['2222222222'],
    },
  ]);
  assert.equal(nameOnMachine(yard, 'B', 'qwen3-8b-q4'), 'my-coder');
  assert.equal(nameOnMachine(yard, 'C', 'qwen3-8b-q4@22222222'), 'qwen3-8b-q4');

  // Another session changes nothing, as A and B still have the first.
  join(yard, 'C', [named('qwen3-8b-q4', '2222222222', 'gguf', 'x.gguf')], 1);
  assert.equal(nameOnMachine(yard, 'C', 'qwen3-8b-q4@22222222'), 'qwen3-8b-q4');
});

test('a request goes to whoever has the model, whatever they call it', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'loading')], 0);
  join(yard, 'B', [{ ...model('renamed', 'ready'), digest: 'tiny' }], 0);
  const effects = step(
    yard,
    { type: 'request-submitted', requestId: 'r', keyId: 'key', model: 'tiny', estimatedTokens: 1 },
    1,
  );
  assert.deepEqual(
    effects.flatMap((effect) => (effect.type === 'send-offer' ? [effect.machineId] : [])),
    ['B'],
  );
});

test('the list is made anew only when something of it has changed', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  const first = availableModels(yard);
  const report = (change: Partial<MachineModel>) =>
    step(
      yard,
      {
        type: 'machine-reported',
        machineId: 'A',
        sessionId: 'A',
        models: [{ ...model('tiny', 'ready'), ...change }],
        draining: false,
      },
      1,
    );
  report({ busySlots: 1 });
  assert.equal(availableModels(yard), first, 'slots are not in it');
  report({ status: 'failed' });
  assert.equal(availableModels(yard)[0]?.outlook, 'failed');
});

test('a model is warm where it is in memory, and otherwise ready in a while', () => {
  const yard = createYard();
  const attached = (loaded: boolean) =>
    ({
      attached: { server: 'Ollama', loaded, counting: 'estimated', cacheReporting: 'none', windowFrom: 'chosen' },
    }) as const;
  join(yard, 'A', [{ ...model('a', 'ready'), ...attached(false) }, model('b', 'loading'), model('c', 'failed')], 0);
  const seen = () => availableModels(yard).map(({ id, warm, readyInMs }) => [id, warm, readyInMs]);
  assert.deepEqual(seen(), [
    ['a', false, 30_000],
    ['b', false, 30_000],
    ['c', false, null],
  ]);
  join(
    yard,
    'B',
    [
      { ...model('a', 'ready'), ...attached(true) },
      { ...model('b', 'loading'), loadFraction: 0.9 },
    ],
    0,
  );
  assert.deepEqual(seen().slice(0, 2), [
    ['a', true, 0],
    ['b', false, 3_000],
  ]);
});

test('of a model on several machines the largest window counts, and what any of them can', () => {
  const yard = createYard();
  join(yard, 'A', [{ ...model('a', 'ready', 8_192), tools: false }], 0);
  join(yard, 'B', [model('a', 'ready', 32_768)], 0);
  join(yard, 'C', [{ ...model('a', 'loading', 65_536), thinking: false }], 0);
  const [a] = availableModels(yard);
  assert.deepEqual([a?.window, a?.tools, a?.thinking], [32_768, true, true], 'what still loads says nothing yet');
});

test('the models of a lost machine keep their names for two minutes, then it is forgotten', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  step(yard, { type: 'machine-disconnected', machineId: 'A', sessionId: 'A' }, 10);
  assert.deepEqual(outlooks(yard), ['tiny absent']);
  assert.equal(viewYard(yard).machines[0]?.status, 'lost');
  assert.equal(yard.wakeAtMs, 120_010);
  step(yard, { type: 'clock-advanced' }, 120_010);
  assert.deepEqual(outlooks(yard), []);
  assert.deepEqual(viewYard(yard).machines, []);
  assert.equal(yard.wakeAtMs, null);
});

test('the models of a machine that comes back keep their names until it tells of others', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  join(yard, 'B', [model('big', 'ready')], 0);
  step(yard, { type: 'machine-disconnected', machineId: 'A', sessionId: 'A' }, 10);
  step(yard, { type: 'machine-connected', machineId: 'A', sessionId: 'A2', name: 'A' }, 20);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'tiny absent'], 'it has told nothing yet');
  const tell = (models: readonly MachineModel[]) =>
    step(yard, { type: 'machine-reported', machineId: 'A', sessionId: 'A2', models, draining: false }, 30);
  tell([]);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'tiny absent'], 'it is still reading its files');
  tell([model('little', 'loading')]);
  assert.deepEqual(outlooks(yard).toSorted(), ['big ready', 'little loading']);
});

test('the view counts who waits and who is at work', () => {
  const yard = createYard();
  join(yard, 'A', [model('tiny', 'ready')], 0);
  for (const requestId of ['r1', 'r2', 'r3']) {
    step(yard, { type: 'request-submitted', requestId, keyId: 'key', model: 'tiny', estimatedTokens: 1 }, 1);
  }
  const { waiting, running, draining, machines } = viewYard(yard);
  assert.deepEqual({ waiting, running, draining }, { waiting: 1, running: 2, draining: false });
  const [machine] = machines;
  assert.deepEqual(
    { name: machine?.name, status: machine?.status, tickets: machine?.tickets, models: machine?.models.length },
    { name: "A's", status: 'live', tickets: 2, models: 1 },
  );
});

test('whatever machines call their models, what everybody says means what it says', () => {
  const names = [
    'auto',
    'default',
    'large',
    'small',
    'claude-sonnet-4',
    'claude-haiku-4-5',
    'claude-yard-tiny',
    'tiny',
  ];
  const told = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 3 }), (machines) => {
      const yard = createYard();
      for (const [place, ids] of machines.entries()) {
        const models = [...new Set(ids)].map((id) => ({ ...model(id, 'ready'), digest: `${id} ${place % 2}` }));
        join(yard, `m${place}`, [model('llama3-70b-q4', 'ready'), ...models], place);
      }
      const models = availableModels(yard);
      for (const name of names.slice(0, 6)) {
        const found = resolveModel(name, { models, aliases: new Map(), allowed: null });
        assert.ok(found.ok && (found.model.id === 'llama3-70b-q4' || name === 'small' || name.includes('haiku')), name);
        assert.ok(models.every(({ id, otherNames }) => id !== name && !otherNames.includes(name)));
        const kept = resolveModel('model-auto', { models, aliases: new Map(), allowed: ['llama3-70b-q4'] });
        assert.ok(!kept.ok);
      }
    }),
    { numRuns: 100 },
  );
});
