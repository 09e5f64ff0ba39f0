/**
 * How fast a machine is taken to be with a model before it was tried. Generating reads the whole model for every token,
 * so memory bandwidth over model size bounds it; real engines reach about 60 % of that. Reading a prompt is bounded by
 * arithmetic, which no tool tells: it is taken as a multiple of generating, of the size seen on hardware of that maker.
 * Guesses, told with a confidence of 0, and gone after the first few answers.
 */
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts, Gpu, GpuVendor } from '../contract/machine/facts.ts';
import type { AssumedPace } from '../yard/pace-meter.ts';

const reached = 0.6;
/** Two channels of DDR4 to DDR5, as desktop processors have them, GB/s. */
const usualMemoryGbps = 45;
const readPerWrite: Readonly<Record<GpuVendor, number>> = {
  nvidia: 35,
  amd: 20,
  intel: 12,
  apple: 10,
  virtual: 5,
  other: 5,
};
const readPerWriteOnProcessor = 4;
/** Of small models the memory is not the bound: what starting a step costs is. */
const mostWritten = 200;

/** `modelBytes`: of its file. Undefined where nothing is known to guess from. */
export function assumedPace(facts: Facts, modelBytes: number | undefined): AssumedPace | undefined {
  if (modelBytes === undefined || modelBytes <= 0) return undefined;
  const backend = knownValue(facts['engine.backend']);
  const gpu = backend === 'cpu' ? undefined : fastest(knownValue(facts['gpu.all']) ?? []);
  const [gbps, ratio] =
    gpu === undefined ? [usualMemoryGbps, readPerWriteOnProcessor] : [gpu.gbps, readPerWrite[gpu.vendor]];
  const writePerS = Math.min(mostWritten, (gbps * 1e9 * reached) / modelBytes);
  return { writePerS, readPerS: writePerS * ratio };
}

function fastest(gpus: readonly Gpu[]): { readonly gbps: number; readonly vendor: GpuVendor } | undefined {
  return gpus
    .flatMap(({ bandwidth_gbps, vendor }) => {
      const gbps = bandwidth_gbps === undefined ? undefined : knownValue(bandwidth_gbps);
      return gbps === undefined ? [] : [{ gbps, vendor }];
    })
    .toSorted((a, b) => b.gbps - a.gbps)[0];
}
