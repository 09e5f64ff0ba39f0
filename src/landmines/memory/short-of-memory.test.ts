/** What is said of a machine that is, or was, short of memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactTable } from '../../contract/machine/facts.ts';
import { factsOf } from '../examples.ts';
import type { Landmine } from '../landmine.ts';
import { gib } from '../words.ts';
import { memoryPressure } from './memory-pressure.ts';
import { swapFilling } from './swap-filling.ts';

const effectOf = ({ check }: Landmine, values: Partial<FactTable>) => {
  const result = check(factsOf(values));
  return result.kind === 'finding' ? [result.finding.severity, result.finding.effect?.kind] : result.kind;
};

const mac = (usedGib: number, more: Partial<FactTable>): Partial<FactTable> => ({
  'os.family': 'macos',
  'memory.total_bytes': 64 * gib,
  'memory.swap_total_bytes': gib,
  'memory.swap_used_bytes': usedGib * gib,
  ...more,
});
const room = { 'memory.pressure': 'normal', 'memory.available_bytes': 20 * gib } as const;
const swaps: readonly (readonly [string, Partial<FactTable>, unknown])[] = [
  ['a Mac that was busy once', mac(0.6, room), 'ok'],
  ['the same with all of its swap files full', mac(0.93, room), 'ok'],
  ['half full under pressure', mac(0.6, { ...room, 'memory.pressure': 'warn' }), ['warns', 'last-resort']],
  ['full under pressure', mac(0.93, { ...room, 'memory.pressure': 'warn' }), ['blocks', 'no-tickets']],
  ['full with little memory', mac(0.93, { ...room, 'memory.available_bytes': 0.9 * gib }), ['blocks', 'no-tickets']],
  ['full, and the level is not known', mac(0.93, { 'memory.available_bytes': 20 * gib }), 'ok'],
  ['full, and nothing else is known', mac(0.93, {}), 'not-checked'],
  [
    'a small Mac with a tenth left',
    mac(0.93, { 'memory.total_bytes': 8 * gib, 'memory.available_bytes': 0.8 * gib }),
    'ok',
  ],
];
for (const [name, values, effect] of swaps) {
  test(`swap: ${name}`, () => assert.deepEqual(effectOf(swapFilling, values), effect));
}

test('work that waited for memory in the last seconds makes Linux dearer or the last choice, and forbids nothing', () => {
  const stalled = (some: number, full: number) =>
    effectOf(memoryPressure, { 'os.family': 'linux', 'memory.stall_10s': some, 'memory.stall_full_10s': full });
  assert.equal(stalled(0.05, 0.02), 'ok');
  assert.deepEqual(stalled(0.12, 0.02), ['warns', 'dearer']);
  assert.deepEqual(stalled(0.2, 0.11), ['warns', 'last-resort']);
});

test('the word of the system itself, critical, forbids', () => {
  const said = (pressure: 'warn' | 'critical') =>
    effectOf(memoryPressure, { 'os.family': 'macos', 'memory.pressure': pressure });
  assert.deepEqual(said('warn'), ['warns', 'dearer']);
  assert.deepEqual(said('critical'), ['blocks', 'no-tickets']);
});
