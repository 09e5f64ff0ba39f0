/** What is told of a machine between two looks at the whole of it, from outputs of real Macs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reading } from '../../../test/support/machine-captures.ts';
import { known, knownValue } from '../../contract/machine/fact.ts';
import type { FactName } from '../../contract/machine/facts.ts';
import { combine } from '../collect.ts';
import { macosSysctl } from '../macos/sysctl.ts';
import { macosVmStat } from '../macos/vm-stat.ts';
import { gibi } from '../text/numbers.ts';
import { liveOnly } from './live-facts.ts';

const vmStat = macosVmStat.parse([reading('macos/vm_stat/m-series-under-pressure.txt')]);
const whole = combine([
  vmStat,
  macosSysctl.parse([reading('macos/sysctl/memorystatus-normal.txt')]),
  { 'memory.total_bytes': known(24 * gibi, 'sysctl'), 'power.source': known('battery', 'pmset') },
]);
const memory: readonly FactName[] = ['memory.available_bytes', 'memory.compressor_bytes', 'memory.pressure'];

test('an idle Mac on battery: what nobody reads is unknown, not as it was at its last load', () => {
  for (const name of memory) assert.ok(whole[name]?.known, `${name} was read at the start`);
  const live = liveOnly(whole, [{ 'power.source': known('battery', 'pmset -g pslog') }]);
  for (const name of memory) {
    const fact = live[name];
    assert.ok(fact?.known === false && fact.reason === 'not-probed', name);
  }
  assert.equal(knownValue(live['power.source']), 'battery');
  assert.equal(knownValue({ ...whole, ...live }['memory.total_bytes']), 24 * gibi, 'that does not change');
});

test('what is read is told as it is now', () => {
  const live = liveOnly(whole, [{ 'memory.available_bytes': known(9 * gibi, 'vm_stat 5') }]);
  assert.equal(knownValue(live['memory.available_bytes']), 9 * gibi);
});
