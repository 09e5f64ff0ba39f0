/** What goes wrong, and when. Faults strike machines and the gateway at random until all heals. */
import type { SimulatedAgent } from './agent.ts';
import type { SimulatedGateway } from './gateway.ts';
import type { Network } from './network.ts';
import { keyIds } from './plan.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { Weather } from './wire.ts';

/** Of a machine: strike in proportion to their number. */
export const machineFaults = [
  'crash',
  'partition',
  'reset',
  'forget',
  'slow',
  'stop',
  'suspend',
  'clock-jump',
  'drain',
  'hold',
  'remove',
  'lie',
  'clone',
  'unload',
  'engine-crash',
  'stall',
] as const;
/** Of the gateway, and so of everybody. */
export const gatewayFaults = ['stop', 'suspend', 'restart', 'reset-all', 'revoke-key', 'clock-jump'] as const;

export interface FaultSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
  readonly network: Network;
  readonly agents: readonly SimulatedAgent[];
  readonly machineFaults: readonly (typeof machineFaults)[number][];
  readonly gatewayFaults: readonly (typeof gatewayFaults)[number][];
  /** The one that runs, or null. */
  gateway(): SimulatedGateway | null;
  /** The owner of a machine keeps it from new work, or lets it work again; whether a gateway runs or not. */
  hold(machineId: string, held: boolean): void;
  /** Its owner removes a machine; it joins again, and is let in after a while. */
  remove(machineId: string): void;
  letIn(machineId: string): void;
  /** A machine speaks of work that another one has, or says of its own what is not true. */
  lie(agent: SimulatedAgent): void;
  /** Another program with its key is started, for so long. */
  clone(machineId: string, forMs: number): void;
  /** Sessions may keep as much as they may in the product: with less some would end even where all is well. */
  giveRoom(): void;
  /** The owner revokes a key, or lets it work again. */
  setKey(keyId: string, works: boolean): void;
  /** Somebody sets the gateway's clock. */
  setGatewayClock(byMs: number): void;
  sleepGateway(forMs: number, kind: 'stopped' | 'suspended'): void;
  /** `downMs`: until it is back; `isTold`: connections are closed. */
  restartGateway(downMs: number, isTold: boolean): void;
}

/** Mean time between two faults of one machine, and of the gateway, ms. */
const machineGapMs = 15_000;
const gatewayGapMs = 20_000;

/** Lets things go wrong until `untilMs`; then the weather clears, ways open, and machines that are down start. */
export function letThingsGoWrong(world: FaultSurroundings, untilMs: number): void {
  const { timeline, random, agents } = world;
  const strikeMachines = (): void => {
    if (timeline.nowMs >= untilMs) return;
    strikeMachine(world, untilMs);
    timeline.after(random.between(1, (2 * machineGapMs) / agents.length), strikeMachines);
  };
  const strikeGateways = (): void => {
    if (timeline.nowMs >= untilMs) return;
    strikeGateway(world, untilMs);
    timeline.after(random.between(1, 2 * gatewayGapMs), strikeGateways);
  };
  if (world.machineFaults.length > 0) strikeMachines();
  if (world.gatewayFaults.length > 0) timeline.after(random.between(1, 2 * gatewayGapMs), strikeGateways);
  timeline.at(untilMs, () => {
    Object.assign(world.weather, { lossChance: 0, repeatChance: 0, gapChance: 0, overtakenChance: 0 });
    world.network.heal();
    world.giveRoom();
    for (const { machineId } of agents) world.letIn(machineId);
    for (const { machineId } of agents) world.hold(machineId, false);
    for (const keyId of keyIds) world.setKey(keyId, true);
  });
}

/** Up to an hour, either way. */
const drawJumpMs = (random: Random): number => random.pick([-1, 1]) * random.between(1_000, 3_600_000);

function strikeMachine(world: FaultSurroundings, untilMs: number): void {
  const { timeline, random, network } = world;
  const agent = random.pick(world.agents);
  if (!agent.isUp) return;
  const path = network.pathOf(agent.machineId);
  const crash = (isTold: boolean): void => {
    agent.crash(isTold);
    const downMs = random.between(500, 20_000);
    timeline.at(Math.min(timeline.nowMs + downMs, untilMs), () => agent.start());
  };
  switch (random.pick(world.machineFaults)) {
    case 'crash':
      return crash(random.chance(0.5));
    case 'partition': {
      const ways = random.pick([[path.toAgent], [path.toGateway], [path.toAgent, path.toGateway]]);
      for (const way of ways) way.block();
      timeline.after(random.between(100, 40_000), () => {
        for (const way of ways) way.open();
      });
      return;
    }
    case 'reset':
      return network.reset(agent.machineId);
    case 'forget':
      return network.forget(agent.machineId);
    case 'slow': {
      const way = random.pick([path.toAgent, path.toGateway]);
      way.slowMs = random.between(500, 6_000);
      timeline.after(random.between(5_000, 20_000), () => {
        way.slowMs = 0;
      });
      return;
    }
    case 'stop':
      return agent.clock.sleep(random.between(500, 20_000), 'stopped');
    case 'suspend':
      return agent.clock.sleep(random.between(500, 40_000), 'suspended');
    case 'clock-jump':
      return agent.clock.setWall(drawJumpMs(random));
    case 'drain':
      agent.drain();
      timeline.after(random.between(1_000, 10_000), () => {
        if (agent.isUp) crash(true);
      });
      return;
    case 'hold':
      world.hold(agent.machineId, true);
      timeline.after(random.between(1_000, 20_000), () => world.hold(agent.machineId, false));
      return;
    case 'remove':
      world.remove(agent.machineId);
      timeline.at(Math.min(timeline.nowMs + random.between(500, 20_000), untilMs), () => world.letIn(agent.machineId));
      return;
    case 'lie':
      for (let count = 0; count < 20; count += 1) {
        timeline.after(random.between(0, 10_000), () => {
          if (agent.isUp) world.lie(agent);
        });
      }
      return;
    case 'clone':
      return world.clone(agent.machineId, Math.min(random.between(1_000, 20_000), untilMs - timeline.nowMs));
    case 'unload':
      return agent.models?.unload();
    case 'engine-crash':
      return agent.models?.crashEngine();
    default:
      return agent.models?.stallGenerations();
  }
}

function strikeGateway({ timeline, random, network, agents, ...world }: FaultSurroundings, untilMs: number): void {
  switch (random.pick(world.gatewayFaults)) {
    case 'stop':
      return world.sleepGateway(random.between(200, 8_000), 'stopped');
    case 'suspend':
      return world.sleepGateway(random.between(200, 20_000), 'suspended');
    case 'restart':
      return world.restartGateway(random.between(0, 10_000), random.chance(0.7));
    case 'clock-jump':
      return world.setGatewayClock(drawJumpMs(random));
    case 'revoke-key': {
      const keyId = random.pick(keyIds);
      world.setKey(keyId, false);
      timeline.at(Math.min(timeline.nowMs + random.between(2_000, 15_000), untilMs), () => world.setKey(keyId, true));
      return;
    }
    default:
      for (const { machineId } of agents) network.reset(machineId);
  }
}
