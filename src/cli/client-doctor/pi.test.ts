import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeText, type WorldParts, worldOf } from './fixtures/world.ts';
import { piSetups } from './pi.ts';

const provider = {
  baseUrl: 'http://127.0.0.1:8787',
  api: 'anthropic-messages',
  apiKey: 'key',
  models: [{ id: 'small', contextWindow: 4096 }, { id: 'other' }],
};
const modelsFile = '~/.pi/agent/models.json';
const setups = (parts: WorldParts) => piSetups(worldOf(parts));
const credentials = (parts: WorldParts) =>
  setups(parts)[0]?.credentials.map(({ place, secret }) => [placeText(place), secret]);

test('a provider is read whole, its models one by one', () => {
  const [setup, ...others] = setups({ files: { [modelsFile]: { providers: { yard: provider } } } });
  assert.deepEqual(others, []);
  assert.equal(setup?.provider, 'yard');
  assert.equal(setup.baseUrl?.value, 'http://127.0.0.1:8787');
  assert.deepEqual(
    setup.models.map(({ id }) => id),
    ['small', 'other'],
  );
  assert.deepEqual(
    setup.windows.map(({ model, setting, place }) => [model, setting?.value, placeText(place)]),
    [
      ['small', '4096', 'providers.yard.models.0.contextWindow in ~/.pi/agent/models.json'],
      ['other', undefined, 'providers.yard.models.1.contextWindow in ~/.pi/agent/models.json'],
    ],
  );
});

test('a key is a text, a variable, a command or a login, of which the login wins', () => {
  const withKey = (apiKey: string) => ({ [modelsFile]: { providers: { yard: { ...provider, apiKey } } } });
  const place = 'providers.yard.apiKey in ~/.pi/agent/models.json';
  assert.deepEqual(credentials({ files: withKey('key') }), [[place, 'key']]);
  assert.deepEqual(credentials({ files: withKey('$YARD'), environment: { YARD: 'key' } }), [[place, 'key']]);
  assert.deepEqual(credentials({ files: withKey('$' + '{YARD}'), environment: { YARD: 'key' } }), [[place, 'key']]);
  assert.deepEqual(credentials({ files: withKey('$YARD') }), []);
  assert.deepEqual(credentials({ files: withKey('!cat key') }), [[place, undefined]]);
  const login = { '~/.pi/agent/auth.json': { yard: { type: 'api_key', key: 'kept' } } };
  assert.deepEqual(credentials({ files: { ...withKey('key'), ...login } }), [
    ['yard.key in ~/.pi/agent/auth.json', 'kept'],
  ]);
});

test('PI_CODING_AGENT_DIR moves the file; without one, it is said where things belong', () => {
  const files = { '/agent/models.json': { providers: { yard: provider } } };
  assert.equal(setups({ files, environment: { PI_CODING_AGENT_DIR: '/agent' } })[0]?.provider, 'yard');
  const [none] = setups({});
  assert.equal(none?.baseUrl, undefined);
  assert.equal(none && placeText(none.baseUrlPlace), 'providers.metalyard.baseUrl in ~/.pi/agent/models.json');
});

test('providers of another API are none of our business', () => {
  const ollama = { ...provider, api: 'openai-completions' };
  assert.equal(setups({ files: { [modelsFile]: { providers: { ollama } } } })[0]?.provider, undefined);
});
