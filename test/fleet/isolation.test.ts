/** What an engine holds is found by the key that sent it and by keys of its group, and by nobody else: over real sockets, counted by the engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLiveYard } from '../support/live-yard.ts';
import { areaUnderCurve, probeTimes } from '../support/timing-probe.ts';

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

/** What a probe is told apart by may be chance: it is asked again, all times together, before it counts. */
const round = 40;
const mostRounds = 8;

test('a key that probes learns nothing from the times: AUC <= 0.6, where the key itself is told what it asked before', async () => {
  await using yard = await startLiveYard({ engine: { slots: 4, prefillTokensPerSecond: 40_000, otherwise: 'Yes.' } });
  const other = await yard.newKey({});
  const [asked, guessed]: [number[], number[]] = [[], []];
  let area = 1;
  for (let rounds = 0; rounds < mostRounds && area > 0.6; rounds += 1) {
    const probe = { victim: yard.key, prober: other, trials: round, repeats: 100, name: `round ${rounds}` };
    const times = await probeTimes(yard, probe);
    asked.push(...times.asked);
    guessed.push(...times.guessed);
    assert.ok(
      times.mostCached < 100,
      `${times.mostCached} tokens were cached: more than what its own prompts begin with`,
    );
    area = areaUnderCurve({ asked, guessed });
  }
  assert.ok(area <= 0.6, `AUC ${area.toFixed(2)} of ${asked.length} and ${guessed.length} prompts`);
  const own = await probeTimes(yard, { victim: yard.key, prober: yard.key, trials: 20, repeats: 100, name: 'own' });
  assert.ok(own.mostCached > 300);
  assert.ok(areaUnderCurve(own) > 0.6, 'the times of this engine do tell what it holds');
});
