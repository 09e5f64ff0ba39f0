/** Counts without weights are those of the loaded model, with the real engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadShipped, shippedModel } from '../../test/support/scripted-gguf-run.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { readTemplate } from '../translate/prompt/template.ts';
import { readyRawModel } from './raw-model.ts';
import { WeightlessCounts } from './weightless-counts.ts';

const question = (text: string): GenerationRequest => ({
  ...{ model: 'tiny', tools: [], toolChoice: { type: 'auto' }, parallelToolCalls: true, sampling: {} },
  ...{ messages: [{ role: 'user', text }], thinking: { mode: 'off', show: false }, output: { type: 'text' } },
  ...{ stopSequences: [], maxTokens: 1 },
});
const { signal } = new AbortController();

test('a prompt has as many tokens without the weights as with them, also one that would not fit', async (context) => {
  const guardian = startGuardian();
  const counts = new WeightlessCounts({ guardian });
  context.after(async () => {
    await counts.close();
    await guardian.close();
  });
  const engine = await loadShipped();
  context.after(() => engine.close());
  const loaded = readyRawModel({ engine, template: readTemplate(engine.model), sampling: {} });
  for (const text of ['Hello', 'Übergrößenträger 🎉 <|im_end|> '.repeat(50), 'word '.repeat(20_000)]) {
    const weightless = await counts.count(shippedModel, question(text), signal);
    assert.deepEqual(weightless, await loaded.count(question(text), signal));
    assert.ok('tokens' in weightless && weightless.tokens > 1);
  }
});

test('a file that is no model is told, and the next count of another works', async (context) => {
  const guardian = startGuardian();
  const counts = new WeightlessCounts({ guardian });
  context.after(async () => {
    await counts.close();
    await guardian.close();
  });
  await assert.rejects(async () => {
    const result = await counts.count(import.meta.filename, question('Hello'), signal);
    if ('error' in result) throw new Error(result.error.message);
  }, /vocabulary cannot be read: .*is not a GGUF/);
  assert.ok('tokens' in (await counts.count(shippedModel, question('Hello'), signal)));
});

test('a child that has died is replaced, and whoever waits when the memory is given back is told to come again', async (context) => {
  const guardian = startGuardian();
  const pids: number[] = [];
  const forgotten = new Map<number, PromiseWithResolvers<void>>();
  const counts = new WeightlessCounts({
    guardian: {
      ...guardian,
      watch(pid) {
        pids.push(pid);
        forgotten.set(pid, Promise.withResolvers());
        guardian.watch(pid);
      },
      forget(pid) {
        guardian.forget(pid);
        forgotten.get(pid)?.resolve();
      },
    },
  });
  context.after(async () => {
    await counts.close();
    await guardian.close();
  });
  const first = await counts.count(shippedModel, question('Hello'), signal);
  const [pid = 0] = pids;
  process.kill(pid, 'SIGKILL');
  await forgotten.get(pid)?.promise;
  assert.deepEqual(await counts.count(shippedModel, question('Hello'), signal), first);
  assert.equal(pids.length, 2);

  const waiting = [
    counts.count(shippedModel, question('a'), signal),
    counts.count(shippedModel, question('b'), signal),
  ];
  await counts.close();
  for (const result of await Promise.all(waiting)) {
    assert.ok('error' in result && result.error.code === 'model_loading', JSON.stringify(result));
  }
  assert.equal(pids.length, 2);
});

test('a count that nobody waits for any more is not begun', async (context) => {
  const guardian = startGuardian();
  const counts = new WeightlessCounts({ guardian });
  context.after(() => guardian.close());
  const late = AbortSignal.abort(new Error('late'));
  await assert.rejects(counts.count(shippedModel, question('Hello'), late), /late/);
});
