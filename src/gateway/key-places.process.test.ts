/** Where the requests of a key may run, and with whom they share a cache, over real links: two machines, one of them trusted. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeAgent, fakeAnswer, fakeModel, startTestYard, type TestYard } from '../../test/support/test-yard.ts';
import type { KeyChange } from '../transport/store/store.ts';

const both = { ...fakeModel, pace: { readPerS: 500, writePerS: 20, startMs: 0, wakeMs: 0, confidence: 1 } };
const faster = { ...both, pace: { ...both.pace, readPerS: 50_000, writePerS: 500 } };
const theirsAlone = { ...faster, id: 'their-1b-q8', digest: 'e'.repeat(64) };

let yard: TestYard;
let mine: FakeAgent;
let theirs: FakeAgent;
before(async () => {
  yard = await startTestYard();
  mine = await yard.connect('mine', [both]);
  theirs = await yard.connect('theirs', [faster, theirsAlone]);
  await label('mine', ['trusted']);
});
after(() => yard[Symbol.asyncDispose]());

async function label(machine: string, labels: readonly string[]): Promise<void> {
  const { status } = await fetch(`${yard.gateway.url}/metalyard/machines/${machine}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${yard.adminToken}` },
    body: JSON.stringify({ kind: 'label', labels }),
  });
  assert.equal(status, 200);
}

async function newKey(settings: KeyChange): Promise<string> {
  return (await yard.store.keys.create('test', settings)).secret;
}

const post = (key: string, path: string, changes: object = {}, headers: Record<string, string> = {}) => {
  const body = { model: fakeModel.id, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...changes };
  return yard.post(path, body, { headers: { 'x-api-key': key, ...headers } });
};

let asks = 0;

/** Asks, has the machine answer, and returns the scope it was offered with. */
async function answeredBy(agent: FakeAgent, key: string, changes: object = {}): Promise<string> {
  // They have no heartbeat of their own.
  mine.send({ type: 'report', models: [both], draining: false });
  theirs.send({ type: 'report', models: [faster, theirsAlone], draining: false });
  asks += 1;
  const content = `Question ${asks}.`;
  const asked = post(key, '/v1/messages', { messages: [{ role: 'user', content }], ...changes });
  let offer = await agent.next('offer');
  // On a busy computer a request before may have been offered to both.
  while (!JSON.stringify(offer.request).includes(content)) offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(offer, ...fakeAnswer);
  assert.equal((await asked).status, 200);
  return offer.scope;
}

interface Refusal {
  readonly error: { readonly message: string; readonly details: { readonly error_code: string } };
}

describe('a key that may run on trusted machines only', () => {
  let key: string;
  before(async () => {
    key = await newKey({ places: { trustedOnly: true } });
  });

  test('is served there, though another machine is faster', async () => {
    await answeredBy(theirs, yard.key);
    await answeredBy(mine, key);
    await answeredBy(mine, key, { model: 'auto' });
  });

  test('has its tokens counted there', async () => {
    const asked = post(key, '/v1/messages/count_tokens');
    const { countId } = await mine.next('count');
    mine.send({ type: 'counted', countId, result: { tokens: 7 } });
    assert.deepEqual(await (await asked).json(), { input_tokens: 7 });
  });

  test('is told of the models that are there, and why it cannot have another', async () => {
    const listed = await fetch(`${yard.gateway.url}/v1/models`, { headers: { 'x-api-key': key } });
    const { data } = (await listed.json()) as { readonly data: readonly { readonly id: string }[] };
    assert.deepEqual(
      data.map(({ id }) => id),
      [fakeModel.id, `claude-yard-${fakeModel.id}`],
    );
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      const refused = await post(key, path, { model: theirsAlone.id });
      const { error } = (await refused.json()) as Refusal;
      assert.equal(error.details.error_code, 'no_machine', path);
      assert.match(error.message, /theirs is not labelled trusted, as this key needs it|that may see this prompt/);
    }
  });

  test('may not be talked out of it by a header', async () => {
    const refused = await post(key, '/v1/messages', {}, { 'x-metalyard-machine': 'theirs' });
    const { error } = (await refused.json()) as Refusal;
    assert.equal(error.details.error_code, 'no_machine');
  });

  test('goes by labels as they are now', async () => {
    await label('theirs', ['trusted']);
    await answeredBy(theirs, key);
    await label('theirs', []);
    await answeredBy(mine, key);
  });
});

test('keys of one group share a scope, others have one each, and no group is a key', async () => {
  const [one, other] = [await newKey({ group: 'home' }), await newKey({ group: 'home' })];
  const alone = await yard.store.keys.create('alone');
  const scopes = [];
  for (const key of [one, other, alone.secret]) scopes.push(await answeredBy(theirs, key));
  assert.deepEqual(scopes, ['group_home', 'group_home', alone.key.id]);
  await yard.store.keys.set(alone.key.id, { group: 'home' });
  assert.equal(await answeredBy(theirs, alone.secret), 'group_home');
});
