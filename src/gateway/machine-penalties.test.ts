/** What a machine says of itself that makes it second best. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import { penaltiesOf } from './machine-penalties.ts';

const gpu = (throttling: readonly string[]): Gpu => ({
  vendor: 'nvidia',
  index: 0,
  name: known('RTX', 'test'),
  vram_total_bytes: unknown('not-reported', 'test', 'test'),
  vram_used_bytes: unknown('not-reported', 'test', 'test'),
  vram_free_bytes: unknown('not-reported', 'test', 'test'),
  unified: known(false, 'test'),
  display_attached: known(false, 'test'),
  throttling: known(throttling, 'test'),
});
const cases: readonly (readonly [string, Facts, readonly string[]])[] = [
  ['nothing is known', {}, []],
  ['all is well', { 'power.source': known('ac', 'test'), 'gpu.all': known([gpu([])], 'test') }, []],
  ['it is on battery', { 'power.source': known('battery', 'test') }, ['battery']],
  ['a GPU is throttled by heat', { 'gpu.all': known([gpu(['thermal'])], 'test') }, ['hot']],
  ['its processor is held back', { 'thermal.speed_limit': known(0.6, 'test') }, ['hot']],
  ['memory gets short', { 'memory.pressure': known('warn', 'test') }, ['memory-pressure']],
];
for (const [name, facts, penalties] of cases) {
  test(name, () => assert.deepEqual(penaltiesOf(facts), penalties));
}
