/** What a machine says of itself reaches its owner, and nobody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestYard } from '../../test/support/test-yard.ts';
import { known } from '../contract/machine/fact.ts';

test('facts sent over the link are shown to the admin token alone', async () => {
  await using yard = await startTestYard();
  const agent = await yard.connect('studio');
  const heard = new Promise<void>((resolve) => {
    // The report comes after the facts on the same link: once it is in, they are.
    const stop = yard.gateway.onModels(() => {
      stop();
      resolve();
    });
  });
  agent.send({ type: 'facts', facts: { 'memory.total_bytes': known(1024, '/proc/meminfo') } });
  agent.send({ type: 'report', models: [], draining: false, live: { 'power.source': known('battery', 'pmset') } });
  await heard;

  const url = `${yard.gateway.url}/metalyard/machines/facts`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { 'x-api-key': yard.key } })).status, 401);
  const answer = await fetch(url, { headers: { authorization: `Bearer ${yard.adminToken}` } });
  const { machines } = (await answer.json()) as { machines: { name: string; facts: unknown }[] };
  assert.equal(machines[0]?.name, 'studio');
  const facts = Object.entries(machines[0]?.facts ?? {});
  // The gateway adds what it saw of the link itself.
  const told = Object.fromEntries(facts.filter(([name]) => !name.startsWith('link.')));
  assert.deepEqual(told, {
    'memory.total_bytes': known(1024, '/proc/meminfo'),
    'power.source': known('battery', 'pmset'),
  });
});
