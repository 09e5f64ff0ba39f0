/** Many seeds of the simulated yard, in small and in large yards: nothing is lost, and everything heals. */
import { test } from 'node:test';
import { type SimulationOptions, simulate } from '../../src/simulation/simulate.ts';

const yards: readonly (readonly [name: string, seeds: number, options: Partial<SimulationOptions>])[] = [
  ['4 machines, often asked', 90, { machines: 4, meanGapMs: 1_500 }],
  ['4 machines whose gateway alone stands still', 10, { machines: 4, faults: 'freezes' }],
  ['50 machines', 10, { machines: 50, troubleMs: 40_000, stepsPerLook: 50, eventCap: 5_000_000 }],
];

for (const [name, seeds, options] of yards) {
  test(`${seeds} seeds of ${name}`, async () => {
    for (let seed = 1; seed <= seeds; seed++) await simulate({ seed, ...options });
  });
}
