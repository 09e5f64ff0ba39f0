/** Whoever mistypes an address, a key or a model hears which. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { preflight } from '../../src/compat/preflight.ts';
import { otherModel, theKey, theModel } from './server/about.ts';
import { failure } from './server/answers.ts';
import { type ScriptedServer, startScriptedServer } from './server/scripted-server.ts';

const timeMs = 2_000;
let server: ScriptedServer;
before(async () => {
  server = await startScriptedServer();
});
after(() => server[Symbol.asyncDispose]());

const look = (address: { baseUrl?: string; key?: string | undefined; model?: string }) =>
  preflight({ baseUrl: server.url, key: theKey, model: undefined, ...address }, timeMs);

for (const ending of ['', '/', '/v1', '/v1/', '/v1/messages']) {
  test(`an address that ends in "${ending}" is understood`, async () => {
    const ready = await look({ baseUrl: server.url + ending });
    assert.ok(ready.ok, JSON.stringify(ready));
    assert.equal(ready.server.url, server.url);
    assert.equal(
      ready.notes.some((note) => note.includes('end before /v1')),
      ending.startsWith('/v1'),
    );
  });
}

test('the first model of the list is taken, and said, unless one is named', async () => {
  const first = await look({});
  assert.ok(first.ok);
  assert.equal(first.server.model, theModel);
  assert.match(first.notes.join(), new RegExp(`Model ${theModel}`));
  const named = await look({ model: otherModel });
  assert.ok(named.ok);
  assert.equal(named.server.model, otherModel);
  assert.deepEqual(named.notes, []);
});

for (const [what, address, sentence] of [
  ['no address', { baseUrl: 'localhost:8787' }, /is no address/],
  ['a wrong key', { key: 'sk-wrong', model: theModel }, /does not accept this key.*invalid x-api-key/],
  ['no key', { key: undefined, model: theModel }, /asks for a key: give it with --key/],
  ['no model and no list', { key: undefined }, /name the one to use with --model/],
  ['an unknown model', { model: 'gpt-9' }, /does not know the model gpt-9\. It lists: scripted-1, scripted-2\./],
] as const) {
  test(`${what} is told in a sentence`, async () => {
    const found = await look(address);
    assert.ok(!found.ok);
    assert.match(found.problem, sentence);
  });
}

test('nobody there is told in a sentence', async () => {
  const gone = await startScriptedServer();
  await gone[Symbol.asyncDispose]();
  const found = await look({ baseUrl: gone.url, model: 'm' });
  assert.ok(!found.ok);
  assert.match(found.problem, /ECONNREFUSED.*Is the server running/);
});

for (const [what, answer, sentence] of [
  ['another kind of server', { status: 404, text: '<html>' }, /serves nothing at \/v1\/messages/],
  ['a server that is loading', failure(529, 'overloaded_error', 'loading'), /cannot serve now \(529\): loading/],
] as const) {
  test(`${what} is told in a sentence`, async () => {
    await using other = await startScriptedServer({ what, handle: () => answer });
    const found = await preflight({ baseUrl: other.url, key: theKey, model: theModel }, timeMs);
    assert.ok(!found.ok);
    assert.match(found.problem, sentence);
  });
}
