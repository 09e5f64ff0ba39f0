/** Memory that is never budgeted: what the owner's own programs and displays need. Bytes. */
import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts, Gpu } from '../../contract/machine/facts.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const pixels4k = 3840 * 2160;

/** 2 GiB for the owner's programs; an eighth of a machine that has less than 16 GiB. */
export function ramReserve(totalBytes: number): number {
  return Math.min(2 * gibibyte, totalBytes / 8);
}

/**
 * What a GPU keeps for its displays. Measured on idle desktops: a compositor with its programs takes
 * 0.2 to 0.6 GB on Linux and 0.8 to 1.3 GB on Windows; a GPU without display some 0.3 GB at most.
 */
export function gpuReserve(facts: Facts, gpu: Gpu): number {
  if (knownValue(gpu.display_attached) === false) return 300 * mebibyte;
  const screens = knownValue(facts['display.count']) ?? 1;
  const sharp = (knownValue(facts['display.largest_pixels']) ?? 0) >= pixels4k;
  if (knownValue(facts['os.family']) === 'windows') return (sharp || screens > 1 ? 2 : 1.5) * gibibyte;
  return (800 + (sharp ? 100 * screens : 0)) * mebibyte;
}
