/** What makes a machine slower, or dearer to its owner, than was measured: from what it says of itself. */
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { Penalty } from '../yard/routing/penalties.ts';

/** Part of full speed below which a processor counts as throttled. */
const throttledBelow = 0.9;

export function penaltiesOf(facts: Facts): readonly Penalty[] {
  const penalties: Penalty[] = [];
  if (isHot(facts)) penalties.push('hot');
  if (knownValue(facts['memory.pressure']) === 'warn') penalties.push('memory-pressure');
  if (knownValue(facts['power.source']) === 'battery') penalties.push('battery');
  return penalties;
}

function isHot(facts: Facts): boolean {
  const limit = knownValue(facts['thermal.speed_limit']);
  if (limit !== undefined && limit < throttledBelow) return true;
  const gpus = knownValue(facts['gpu.all']) ?? [];
  return gpus.some(({ throttling }) => throttling !== undefined && (knownValue(throttling) ?? []).length > 0);
}
