/** An attached llama-server that is a router: its list, and that nothing but a request for an answer loads a model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking, attach, tell } from './attach.ts';
import { startFakeLlamaRouter } from './fakes/llama-router.ts';

const small = { model: 'small-q8', window: 16_384, slots: 4 };
const large = { model: 'large-q4', window: 4_096, slots: 1 };
const signal = new AbortController().signal;

test('models are on offer before they run, with the context they will have', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small, large] });
  await using attached = attach(fake.url);
  const models = await attached.when(({ length }) => length === 2);
  assert.deepEqual(
    models.map(({ id, status, window, attached: at }) => [id, status, window, at?.loaded, at?.windowFrom]),
    [
      ['small-q8', 'ready', 16_384, false, 'chosen'],
      ['large-q4', 'ready', 4_096, false, 'chosen'],
    ],
  );
  assert.equal(models[0]?.attached?.server, 'llama-server b10434-7e4c0a9');
});

const configured: readonly (readonly [string, readonly string[], number, string])[] = [
  ['slots that share the context', ['--ctx-size', '32768', '--parallel', '4', '--kv-unified'], 32_768, 'chosen'],
  ['slots that divide it', ['-c', '32768', '-np', '4'], 8_192, 'chosen'],
  ['no word about it', [], 8_192, 'assumed'],
];
for (const [name, args, window, from] of configured) {
  test(`the context of a model that does not run: ${name}`, async () => {
    await using fake = await startFakeLlamaRouter({ models: [{ ...small, args }] });
    await using attached = attach(fake.url);
    const [model] = await attached.when(({ length }) => length === 1);
    assert.deepEqual([model?.window, model?.attached?.windowFrom], [window, from]);
  });
}

test('counting loads nothing; the first request does, and is told that it waits for it', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small, large], loadMs: 300 });
  await using attached = attach(fake.url);
  const [listed] = await attached.when(({ length }) => length === 2);
  const model = attached.models.find(listed!.id)!;
  const counted = await model.count(asking(), signal);
  assert.ok('tokens' in counted && counted.tokens > 0, 'estimated');
  assert.equal(fake.stateOf('small-q8'), 'unloaded');
  fake.say(() => ({ text: 'Hello.' }));
  const { text } = await tell(model, asking());
  assert.equal(text, 'Hello.');
  assert.deepEqual([fake.stateOf('small-q8'), fake.stateOf('large-q4')], ['loaded', 'unloaded']);
  const [now] = await attached.when(([first]) => first?.attached?.loaded === true);
  assert.deepEqual([now?.window, now?.slots, now?.tools], [16_384, 4, true]);
  // Now that it runs, its own counter is asked.
  const request = asking();
  const prepared = await attached.models.find(now!.id)!.prepare(request, signal);
  assert.ok(prepared.ok);
  const { end } = await tell(attached.models.find(now!.id)!, request);
  assert.equal(end?.usage.promptTokens, prepared.answer.promptTokens);
});

test('a model that pushes another out, and the other again', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small, large], mostRunning: 1 });
  await using attached = attach(fake.url);
  await attached.when(({ length }) => length === 2);
  fake.say(({ model }) => ({ text: `I am ${model}.` }));
  for (const id of ['small-q8', 'large-q4', 'small-q8']) {
    await tell(attached.models.find(id)!, asking());
    await attached.when((models) => models.find((model) => model.id === id)?.attached?.loaded === true);
  }
  assert.deepEqual(
    fake.chats.map(({ body }) => body.model),
    ['small-q8', 'large-q4', 'small-q8'],
  );
});

test('a busy model is not pushed out: a request for another one waits until it has a moment', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small, large], mostRunning: 1 });
  await using attached = attach(fake.url);
  await attached.when(({ length }) => length === 2);
  fake.say(({ model }) => (model === 'small-q8' ? { text: 'Slow.', prefillMs: 1_200 } : { text: 'There.' }));
  const begun = fake.begun();
  const slow = tell(attached.models.find('small-q8')!, asking());
  await begun;
  const { text } = await tell(attached.models.find('large-q4')!, asking());
  assert.equal(text, 'There.');
  assert.equal((await slow).text, 'Slow.');
  const refused = fake.seen.filter(({ path, body }) => path === '/models/load' && body.model === 'large-q4');
  assert.ok(refused.length > 1, 'it was asked again');
});

test('one that sleeps is there, and wakes for a request', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small] });
  await using attached = attach(fake.url);
  await tell(await attached.ready(), asking());
  fake.sleeps('small-q8');
  const [model] = await attached.when(([first]) => first?.attached?.loaded === true);
  assert.equal(fake.stateOf('small-q8'), 'sleeping', 'looking does not wake it');
  await tell(attached.models.find(model!.id)!, asking());
  assert.equal(fake.stateOf('small-q8'), 'loaded');
});

test('a model that does not start ends the request with an error that names the server', async () => {
  await using fake = await startFakeLlamaRouter({ models: [{ ...small, broken: true }] });
  await using attached = attach(fake.url);
  const { error } = await tell(await attached.ready(), asking());
  assert.equal(error?.code, 'engine_failed');
  assert.match(error?.message ?? '', /^llama-server b10434-7e4c0a9 failed/);
});

test('a router that loads nothing by itself offers what its owner has loaded', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small, large], autoload: false });
  await using attached = attach(fake.url);
  while (!fake.seen.some(({ path }) => path === '/v1/models')) await new Promise(setImmediate);
  assert.deepEqual(attached.list(), []);
  await fetch(`${fake.url}/models/load`, { method: 'POST', body: '{"model":"large-q4"}' });
  const models = await attached.when(({ length }) => length > 0);
  assert.deepEqual(
    models.map(({ id }) => id),
    ['large-q4'],
  );
});

test('an older router, which tells no build, is known by its role', async () => {
  await using fake = await startFakeLlamaRouter({ models: [small], older: true });
  await using attached = attach(fake.url);
  const [model] = await attached.when(({ length }) => length === 1);
  assert.equal(model?.attached?.server, 'llama-server');
});
