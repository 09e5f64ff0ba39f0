/** A gateway that comes back is joined by everybody at once, and must have them all soon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawConditions } from './conditions.ts';
import { createRandom } from './random.ts';
import { noTampering } from './tampering.ts';
import { YardWorld } from './yard-world.ts';

test('after a restart of the gateway 300 machines are back within 15 s of it, not all at once', async () => {
  const random = createRandom(1);
  const world = new YardWorld({ machines: 300, stepsPerLook: 100 }, random, drawConditions(random), noTampering);
  const { agents } = world;
  const liveMachines = (): number =>
    [...(world.gateway?.yard.machines.values() ?? [])].filter(({ status }) => status === 'live').length;
  await world.pass(30_000);
  assert.equal(liveMachines(), agents.length);

  world.restartGateway(5_000, true);
  await world.pass(35_000);
  assert.ok(world.gateway !== null);
  const backMs: number[] = [];
  for (let ms = 100; ms <= 15_000; ms += 100) {
    await world.pass(35_000 + ms);
    while (backMs.length < liveMachines()) backMs.push(ms);
  }

  assert.equal(backMs.length, agents.length, 'all are back');
  // Those whose session is held dial again within a second, each at its own moment.
  const most = Math.max(...backMs.map((ms) => backMs.filter((other) => other === ms).length));
  assert.ok(most < agents.length / 4, `${most} of them came within the same tenth of a second`);
});
