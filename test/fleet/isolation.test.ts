/** What an engine holds is found by the key that sent it and by keys of its group, and by nobody else: over real sockets, counted by the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLiveYard } from '../support/live-yard.ts';

test('another key finds nothing in the cache; a key of the group finds what the first one sent', async () => {
  await using yard = await startLiveYard({ engine: { slots: 4, otherwise: 'Yes.' } });
  const cachedFor = async (key: string, text: string): Promise<number> => {
    const content = `${text} `.repeat(200);
    const response = await fetch(`${yard.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ model: yard.model, max_tokens: 20, messages: [{ role: 'user', content }] }),
    });
    assert.equal(response.status, 200);
    const { usage } = (await response.json()) as { readonly usage: { readonly cache_read_input_tokens: number } };
    return usage.cache_read_input_tokens;
  };
  const [one, second] = [await yard.newKey({ group: 'home' }), await yard.newKey({ group: 'home' })];
  const other = await yard.newKey({ group: 'elsewhere' });
  assert.equal(await cachedFor(one, 'secret'), 0);
  assert.equal(await cachedFor(other, 'secret'), 0, 'a key of another group');
  assert.equal(await cachedFor(yard.key, 'secret'), 0, 'a key without a group');
  assert.ok((await cachedFor(second, 'secret')) > 100, 'a key of the group');
  assert.ok((await cachedFor(yard.key, 'secret')) > 100, 'the key itself');
});
