/** Which generation an NVIDIA GPU is of. */
import { knownValue } from '../contract/machine/fact.ts';
import type { Gpu } from '../contract/machine/facts.ts';
import { type GpuFamily, gpuFamilies } from './data/cuda.ts';
import { compareVersions } from './versions.ts';

/** By the capability where the driver tells it, else by the name; undefined for what is not in the table. */
export function familyOf({ compute_capability, name }: Gpu): GpuFamily | undefined {
  const capability = knownValue(compute_capability);
  if (capability === undefined) return gpuFamilies.find(({ names }) => names.test(knownValue(name) ?? ''));
  return gpuFamilies.find(
    ({ capabilities: [from, to] }) =>
      (compareVersions(capability, from) ?? -1) >= 0 && (compareVersions(capability, to) ?? 1) <= 0,
  );
}
