/** Who has fallen silent is found out in time, and who is only slow is not taken for lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../contract/limits.ts';
import { type LinkWay, leaseOf } from '../yard/lease.ts';
import { type Conditions, drawConditions } from './conditions.ts';
import { drawPlan } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { noTampering } from './tampering.ts';
import { YardWorld } from './yard-world.ts';

const settledMs = 30_000;
const machines = 10;

/** Windows as they are, and no faults but those of the test. */
function usualConditions(random: Random, way: LinkWay): Conditions {
  const lanes = {
    frameBytes: limits.linkFrameBytes,
    windowBytes: limits.linkWindowBytes,
    heldBytes: limits.sessionHeldBytes,
  };
  return {
    ...drawConditions(random),
    ...{
      machineFaults: [],
      gatewayFaults: [],
      lossChance: 0,
      repeatChance: 0,
      overtakenChance: 0,
      hasQuotas: false,
      hasOlder: false,
    },
    httpChance: way === 'http' ? 1 : 0,
    ...{ agentLanes: lanes, gatewayLanes: lanes },
  };
}

/** A yard of which every machine is there. */
async function settledYard(
  seed: number,
  way: LinkWay,
): Promise<{ readonly world: YardWorld; readonly random: Random }> {
  const random = createRandom(seed);
  const world = new YardWorld({ machines, stepsPerLook: 100 }, random, usualConditions(random, way), noTampering);
  await world.pass(settledMs);
  assert.equal(world.seen.sessions, machines);
  return { world, random };
}

describe('a machine that falls silent', () => {
  const ways: readonly (readonly [how: string, silence: (world: YardWorld, index: number) => void])[] = [
    [
      'because its network carries nothing',
      (world, index) => {
        const { toAgent, toGateway } = world.network.pathOf(`mch_${index}`);
        for (const way of [toAgent, toGateway]) way.block();
      },
    ],
    [
      'because its network carries nothing to the gateway',
      (world, index) => world.network.pathOf(`mch_${index}`).toGateway.block(),
    ],
    ['because it is stopped', (world, index) => world.agents[index]?.clock.sleep(120_000, 'stopped')],
  ];
  const rows = ways.flatMap(([how, silence]) => (['websocket', 'http'] as const).map((way) => ({ how, silence, way })));
  for (const { how, silence, way } of rows) {
    const { suspectMs, lostMs } = leaseOf(limits.heartbeatMs, way);
    test(`${how} gets nothing new after ${suspectMs} ms, and is lost after ${lostMs} ms, over ${way}`, async () => {
      const { world } = await settledYard(1, way);
      const { timeline } = world;
      const machine = world.gateway?.yard.machines.get('mch_0');
      assert.ok(machine !== undefined);
      silence(world, 0);
      // What was on its way arrives yet; then the lease tells when it was heard last.
      await world.pass(timeline.nowMs + 200);
      const heardMs = machine.lease.atMs - suspectMs;
      const seenAtMs = { suspect: 0, lost: 0 };
      for (let lookMs = timeline.nowMs; seenAtMs.lost === 0 && lookMs < heardMs + 60_000; lookMs += 50) {
        await world.pass(lookMs);
        if (machine.status !== 'live') seenAtMs[machine.status] ||= lookMs - heardMs;
      }
      assert.ok(Math.abs(seenAtMs.suspect - suspectMs) <= 100, `suspected after ${seenAtMs.suspect} ms`);
      assert.ok(Math.abs(seenAtMs.lost - lostMs) <= 1_000, `lost after ${seenAtMs.lost} ms`);
    });
  }
});

for (const seed of [1, 2, 3]) {
  test(`no machine is lost in 11 minutes of 2 s jitter, 5 % loss and stalls of 3 s (seed ${seed})`, async () => {
    const { world, random } = await settledYard(seed, 'websocket');
    const { timeline, agents } = world;
    const untilMs = settledMs + 11 * 60_000;
    world.weather.delayMs = [1, 2_000];
    world.weather.resendChance = 0.05;
    let stalls = 0;
    const stall = (): void => {
      if (timeline.nowMs >= untilMs) return;
      stalls += 1;
      if (random.chance(0.2)) world.sleepGateway(3_000, 'stopped');
      else random.pick(agents).clock.sleep(3_000, 'stopped');
      timeline.after(random.between(1_000, 9_000), stall);
    };
    const ask = (): void => {
      if (timeline.nowMs >= untilMs) return;
      world.ask({ ...drawPlan(random, ['tiny']), isPoison: false });
      timeline.after(random.between(500, 2_000), ask);
    };
    stall();
    ask();
    const lost = new Set<string>();
    for (let lookMs = timeline.nowMs; lookMs < untilMs; lookMs += 100) {
      await world.pass(lookMs);
      for (const { machineId, status } of world.gateway?.yard.machines.values() ?? []) {
        if (status === 'lost') lost.add(machineId);
      }
    }
    assert.deepEqual([...lost], []);
    assert.equal(world.seen.sessions, machines, 'every session went on');
    assert.ok(stalls > 60 && world.seen.suspicions > 0, 'it was rough: some were suspected for a moment');
  });
}

test('in a fleet that grows, and shrinks, heartbeats and leases follow, and nobody is doubted', async () => {
  const { world } = await settledYard(3, 'websocket');
  const leases = () => [...(world.gateway?.yard.machines.values() ?? [])].map(({ patience }) => patience.lostMs);
  world.others = 10_000 - machines;
  // One heartbeat brings the news, the next one follows it.
  await world.pass(settledMs + 20_000);
  assert.deepEqual(leases(), Array(machines).fill(leaseOf(25_000, 'websocket').lostMs));
  await world.pass(settledMs + 200_000);
  world.others = 0;
  await world.pass(settledMs + 280_000);
  assert.deepEqual(leases(), Array(machines).fill(leaseOf(5_000, 'websocket').lostMs));
  await world.pass(settledMs + 400_000);
  assert.deepEqual([world.seen.suspicions, world.seen.sessions], [0, machines]);
});
