/** What is said of a machine that is, or was, short of memory. That the governor does the same: `agent/memory-guard.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactTable } from '../../contract/machine/facts.ts';
import { factsOf } from '../examples.ts';
import type { Landmine } from '../landmine.ts';
import { gib, mib } from '../words.ts';
import { memoryPressure } from './memory-pressure.ts';
import { swapFilling } from './swap-filling.ts';

const judged = ({ check }: Landmine, values: Partial<FactTable>) => {
  const result = check(factsOf(values));
  return result.kind === 'finding' ? [result.finding.severity, result.finding.effect] : result.kind;
};
const stops = ['warns', { kind: 'paused', unloads: false }];
const unloads = ['blocks', { kind: 'paused', unloads: true }];

const mac = (usedGib: number, more: Partial<FactTable>): Partial<FactTable> => ({
  'os.family': 'macos',
  'memory.total_bytes': 64 * gib,
  'memory.swap_total_bytes': gib,
  'memory.swap_used_bytes': usedGib * gib,
  ...more,
});
const room = { 'memory.pressure': 'normal', 'memory.available_bytes': 20 * gib } as const;
const warned = { ...room, 'memory.pressure': 'warn' } as const;
const swaps: readonly (readonly [string, Partial<FactTable>, unknown, unknown])[] = [
  ['a Mac that was busy once', mac(0.6, room), 'ok', 'ok'],
  ['the same with all of its swap files full', mac(0.93, room), 'ok', 'ok'],
  ['half full under pressure says nothing', mac(0.6, warned), 'ok', stops],
  ['full under pressure, and nobody has watched it grow', mac(0.93, warned), unloads, unloads],
  [
    'full under pressure, and it does not grow',
    mac(0.93, { ...warned, 'memory.swapped_out_30s': 4 * mib }),
    'ok',
    stops,
  ],
  [
    'nearly empty under pressure, and it grows',
    mac(0.1, { ...warned, 'memory.swapped_out_30s': 300 * mib }),
    unloads,
    unloads,
  ],
  ['it grows, and memory is free', mac(0.1, { ...room, 'memory.swapped_out_30s': 300 * mib }), 'ok', 'ok'],
  ['full with little memory', mac(0.93, { ...room, 'memory.available_bytes': 0.9 * gib }), unloads, unloads],
  ['full, and the level is not known', mac(0.93, { 'memory.available_bytes': 20 * gib }), 'ok', 'ok'],
  ['full, and nothing else is known', mac(0.93, {}), 'not-checked', 'not-checked'],
  [
    'a small Mac with a tenth left',
    mac(0.93, { 'memory.total_bytes': 8 * gib, 'memory.available_bytes': 0.8 * gib }),
    'ok',
    'ok',
  ],
  [
    'a small Mac with a twentieth left, which grows by less',
    mac(0.1, {
      ...{ 'memory.total_bytes': 8 * gib, 'memory.available_bytes': 0.4 * gib },
      'memory.swapped_out_30s': 150 * mib,
    }),
    unloads,
    unloads,
  ],
];
for (const [name, values, swap, pressure] of swaps) {
  test(`swap: ${name}`, () => {
    assert.deepEqual([judged(swapFilling, values), judged(memoryPressure, values)], [swap, pressure]);
  });
}

const elsewhere: readonly (readonly [string, Partial<FactTable>, unknown])[] = [
  ['macOS warns', { 'os.family': 'macos', 'memory.pressure': 'warn' }, stops],
  ['macOS is critical', { 'os.family': 'macos', 'memory.pressure': 'critical' }, unloads],
  ['Linux waits little', { 'os.family': 'linux', 'memory.stall_10s': 0.05, 'memory.stall_full_10s': 0.02 }, 'ok'],
  ['Linux waits', { 'os.family': 'linux', 'memory.stall_10s': 0.12, 'memory.stall_full_10s': 0.02 }, stops],
  ['all of Linux waits', { 'os.family': 'linux', 'memory.stall_10s': 0.2, 'memory.stall_full_10s': 0.11 }, unloads],
  [
    'Windows has less than half of the reserve left',
    { 'os.family': 'windows', 'memory.total_bytes': 32 * gib, 'memory.available_bytes': 0.9 * gib },
    stops,
  ],
  [
    'Windows has a tenth of the reserve left',
    { 'os.family': 'windows', 'memory.total_bytes': 32 * gib, 'memory.available_bytes': 0.2 * gib },
    unloads,
  ],
  [
    'a container near its limit on a host with room',
    {
      ...{ 'os.family': 'linux', 'memory.total_bytes': 64 * gib, 'memory.available_bytes': 50 * gib },
      ...{ 'memory.limit_bytes': 8 * gib, 'memory.limit_used_bytes': 7.6 * gib },
    },
    stops,
  ],
  ['nothing is told', { 'os.family': 'windows' }, 'not-checked'],
];
for (const [name, values, expected] of elsewhere) {
  test(name, () => assert.deepEqual(judged(memoryPressure, values), expected));
}
