/** Names of models as clients and machines meet them: aliases, limited keys, machines that call a model otherwise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeModel, startTestYard, type TestYard } from '../../test/support/test-yard.ts';
import { changeStore } from '../cli/administer-store.ts';
import type { ModelInfo } from '../contract/anthropic/response.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { NamesView } from '../yard/names/view-names.ts';

const model = (id: string, change: Partial<MachineModel> = {}): MachineModel => ({
  ...fakeModel,
  id,
  digest: id,
  ...change,
});
const ask = (name: string) => ({ model: name, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] });

const keyIdOf = (yard: TestYard): string => yard.key.replace(/^my_([0-9A-Za-z]{12})_.*$/, 'key_$1');
const get = (yard: TestYard, path: string, key = yard.key) =>
  fetch(yard.gateway.url + path, { headers: { 'x-api-key': key } });

async function errorOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  return `${response.status} ${error.type} ${error.message}`;
}
async function listed(yard: TestYard): Promise<string> {
  const { data } = (await (await get(yard, '/v1/models')).json()) as { data: { id: string }[] };
  return data.map(({ id }) => id).join(' ');
}

test('a key that is limited to some models gets, counts with and sees those alone, from the next request on', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect('box', [model('big-8b-q4'), model('small-1b-q4')]);
  assert.equal(await listed(yard), 'big-8b-q4 claude-yard-big-8b-q4 small-1b-q4 claude-yard-small-1b-q4');
  const entry = (await (await get(yard, '/v1/models/big-8b-q4')).json()) as ModelInfo;
  assert.deepEqual(entry.metalyard, {
    tools: true,
    machines: 1,
    parameters: 8e9,
    quantisation: 'q4',
    quality: 4.1,
    digests: ['big-8b-q4'],
  });
  await yard.store.keys.set(keyIdOf(yard), { models: ['small*'] });

  const refusal =
    '403 permission_error model: big-8b-q4 is not among the models this API key may use. It may use: small-1b-q4.';
  assert.equal(await errorOf(await yard.post('/v1/messages', ask('big-8b-q4'))), refusal);
  const { max_tokens: _, ...counting } = ask('big-8b-q4');
  assert.equal(await errorOf(await yard.post('/v1/messages/count_tokens', counting)), refusal);
  assert.equal(await errorOf(await get(yard, '/v1/models/big-8b-q4')), refusal);
  assert.equal(await listed(yard), 'small-1b-q4 claude-yard-small-1b-q4');
  assert.match(await errorOf(await yard.post('/v1/messages', ask('gpt-4'))), /^404 .*Available: small-1b-q4\./);

  const answering = yard.post('/v1/messages', ask('claude-opus-4-6'));
  const offer = await agent.next('offer');
  assert.equal(offer.request.model, 'small-1b-q4', 'the best of those it may use');
  agent.send({ type: 'decline', requestId: offer.requestId, attempt: offer.attempt, reason: { code: 'draining' } });
  yard.gateway.drain();
  assert.equal((await answering).status, 529);
});

test('an alias that another process sets or removes holds when it has done so', async () => {
  await using yard = await startTestYard();
  await yard.connect('box', [model('big-8b-q4')]);
  assert.match(
    await errorOf(await get(yard, '/v1/models/coder')),
    /^404 not_found_error model: coder is not served here/,
  );
  const beside = { dataDir: yard.directory };
  await changeStore(beside, ({ aliases }) => aliases.set('coder', 'big-8b-q4'));
  const found = (await (await get(yard, '/v1/models/coder')).json()) as { id: string };
  assert.equal(found.id, 'big-8b-q4');
  const names = (await (await get(yard, '/metalyard/models', yard.adminToken)).json()) as NamesView;
  assert.deepEqual(names.aliases, [{ name: 'coder', target: 'big-8b-q4', means: 'big-8b-q4', hidden: false }]);
  assert.equal(await listed(yard), 'big-8b-q4 claude-yard-big-8b-q4 coder');
  const { data } = (await (await get(yard, '/v1/models')).json()) as { data: ModelInfo[] };
  assert.deepEqual([data[2]?.display_name, data[2]?.metalyard.alias_of], ['coder: Fake', 'big-8b-q4']);
  await changeStore(beside, ({ aliases }) => aliases.remove('coder'));
  assert.equal((await get(yard, '/v1/models/coder')).status, 404);
  assert.equal((await get(yard, '/metalyard/models')).status, 401, 'for the owner alone');
});

test('auto is chosen for each request by what it needs', async () => {
  await using yard = await startTestYard();
  const words = model('big-8b-q4', { tools: false });
  const long = model('small-1b-q4', { window: 65_536 });
  const agent = await yard.connect('box', [words, long]);
  const leaving = new AbortController();
  const chosenFor = async (change: object): Promise<string> => {
    void yard.post('/v1/messages', { ...ask('auto'), ...change }, { signal: leaving.signal }).catch(() => {});
    return (await agent.next('offer')).request.model;
  };
  assert.equal(await chosenFor({}), 'big-8b-q4');
  assert.equal(await chosenFor({ tools: [{ name: 'look', input_schema: { type: 'object' } }] }), 'small-1b-q4');
  // 100,000 bytes are some 23,000 tokens; the better model has a window of 8,192.
  assert.equal(await chosenFor({ messages: [{ role: 'user', content: 'x '.repeat(50_000) }] }), 'small-1b-q4');
  leaving.abort();
});

test('auto goes to another model while the machine of the best one is kept from new work', async () => {
  await using yard = await startTestYard();
  const best = await yard.connect('best', [model('big-8b-q4')]);
  const other = await yard.connect('other', [model('small-1b-q4', { slots: 3 })]);
  const leaving = new AbortController();
  const send = (name: string): void =>
    void yard.post('/v1/messages', ask(name), { signal: leaving.signal }).catch(() => {});
  send('auto');
  await best.next('offer');
  const reported = new Promise((resolve) => yard.gateway.onModels(resolve));
  best.send({ type: 'report', models: [model('big-8b-q4')], draining: false, pressed: 'its owner plays' });
  await reported;
  for (const name of ['auto', 'claude-sonnet-4-5', 'large']) {
    send(name);
    assert.equal((await other.next('offer')).request.model, 'small-1b-q4');
  }
  leaving.abort();
});

test('a machine is asked by its own name of a model; another file of that name is another model', async () => {
  await using yard = await startTestYard();
  const first = await yard.connect('first', [model('qwen3-8b-q4', { digest: 'a'.repeat(64), slots: 1 })]);
  const same = await yard.connect('same', [model('my-copy', { digest: 'a'.repeat(64), slots: 2 })]);
  const other = await yard.connect('other', [model('qwen3-8b-q4', { digest: 'b'.repeat(64) })]);
  assert.equal(
    await listed(yard),
    'qwen3-8b-q4 claude-yard-qwen3-8b-q4 qwen3-8b-q4@bbbbbbbb claude-yard-qwen3-8b-q4@bbbbbbbb',
  );

  const leaving = new AbortController();
  const send = (name: string) =>
    yard.post('/v1/messages', ask(name), { signal: leaving.signal }).catch(() => 'left' as const);
  const sent = ['qwen3-8b-q4', 'my-copy', 'qwen3-8b-q4@aaaaaa', 'qwen3-8b-q4@bbbbbbbb'].map(send);
  const offers = [await first.next('offer'), await same.next('offer'), await same.next('offer')];
  assert.deepEqual(
    offers.map((offer) => [offer.request.model, offer.model]),
    [
      ['qwen3-8b-q4', undefined],
      ['qwen3-8b-q4', 'my-copy'],
      ['qwen3-8b-q4', 'my-copy'],
    ],
  );
  const elsewhere = await other.next('offer');
  assert.deepEqual([elsewhere.request.model, elsewhere.model], ['qwen3-8b-q4@bbbbbbbb', 'qwen3-8b-q4']);
  leaving.abort();
  assert.deepEqual(await Promise.all(sent), ['left', 'left', 'left', 'left']);

  const { max_tokens: _, ...counting } = ask('qwen3-8b-q4@bbbbbbbb');
  const counted = yard.post('/v1/messages/count_tokens', counting);
  const count = await other.next('count');
  assert.equal(count.model, 'qwen3-8b-q4');
  other.send({ type: 'counted', countId: count.countId, result: { tokens: 7 } });
  assert.deepEqual(await (await counted).json(), { input_tokens: 7 });
});
