/**
 * What differs from seed to seed besides chance itself: which faults there are, how bad the links,
 * how small the windows. A run in which everything goes wrong at once hides what two faults do together.
 */
import { limits } from '../contract/limits.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { LaneLimits } from '../session/lanes.ts';
import { gatewayFaults, machineFaults } from './faults.ts';
import type { Random } from './random.ts';

export interface Conditions {
  readonly machineFaults: readonly (typeof machineFaults)[number][];
  readonly gatewayFaults: readonly (typeof gatewayFaults)[number][];
  /** Of a numbered frame to vanish with its connection, or to arrive twice. */
  readonly lossChance: number;
  readonly repeatChance: number;
  /** Of a numbered frame to be overtaken by those that follow. */
  readonly overtakenChance: number;
  /** Of a connection to be carried by plain HTTP requests. */
  readonly httpChance: number;
  readonly agentLanes: LaneLimits;
  readonly gatewayLanes: LaneLimits;
  /** Some agents are older than their gateway. */
  readonly hasOlder: boolean;
  /** Some keys may use little of the yard. */
  readonly hasQuotas: boolean;
  /** What an answer may be ahead of its client. */
  readonly credit: OutputAmount;
  /** And what its machine generates beyond that before the engine waits, UTF-16 units. */
  readonly gatherChars: number;
}

export function drawConditions(random: Random): Conditions {
  const some = <Item>(items: readonly Item[]): readonly Item[] => items.filter(() => random.chance(0.6));
  const frames = random.pick([
    { frameBytes: 100, windowBytes: 1_000 },
    { frameBytes: 1_000, windowBytes: 16_000 },
    { frameBytes: limits.linkFrameBytes, windowBytes: limits.linkWindowBytes },
  ]);
  return {
    machineFaults: some(machineFaults),
    gatewayFaults: some(gatewayFaults),
    lossChance: random.pick([0, 0.001, 0.01]),
    repeatChance: random.pick([0, 0.02, 0.2]),
    overtakenChance: random.pick([0, 0, 0.001, 0.01]),
    httpChance: random.pick([0, 0, 0.3, 1]),
    agentLanes: { ...frames, heldBytes: random.pick([8_000, 64_000, limits.sessionHeldBytes]) },
    gatewayLanes: { ...frames, heldBytes: random.pick([200_000, limits.sessionHeldBytes]) },
    credit: { chars: limits.streamCreditChars, deltas: random.pick([2, 5, limits.streamCreditDeltas]) },
    hasOlder: random.chance(0.3),
    hasQuotas: random.chance(0.3),
    gatherChars: random.pick([1, 40, limits.streamGatherChars]),
  };
}
