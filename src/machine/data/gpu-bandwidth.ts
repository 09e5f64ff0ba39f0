/** Memory bandwidth of a GPU by its model name. What does not match the table exactly stays unknown. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { GpuVendor } from '../../contract/machine/facts.ts';
import { gibi } from '../text/numbers.ts';
import { type GpuModel, gpuModels } from './gpu-models.ts';

const source = 'table of GPU models';

/** Names under which drivers know a model of the table. */
const otherNames: Readonly<Record<string, string>> = {
  'a100-sxm4-40gb': 'a100 40gb',
  'a100-pcie-40gb': 'a100 40gb',
  'a100-sxm4-80gb': 'a100 80gb sxm',
  'h100 80gb hbm3': 'h100 80gb hbm3 (sxm)',
  'tesla p100-pcie-16gb': 'tesla p100',
  'tesla p100-sxm2-16gb': 'tesla p100',
  t4: 'tesla t4',
  'tesla v100-sxm2-32gb': 'tesla v100 32gb',
  'tesla v100-pcie-32gb': 'tesla v100 32gb',
  gb10: 'gb10 (dgx spark)',
  'radeon 8060s': 'radeon 8060s (ryzen ai max+ 395)',
  'radeon instinct mi50 32gb': 'instinct mi50 32gb',
  'apple a18 pro': 'apple a18 pro (macbook neo)',
};

/** Chips sold with two memory systems, told apart by their GPU cores: the lesser one. Apple's specifications. */
const lesserBins: Readonly<
  Record<string, { readonly cores: number; readonly full: number; readonly bandwidthGbps: number }>
> = {
  'Apple M3 Max': { cores: 30, full: 40, bandwidthGbps: 307.2 },
  'Apple M4 Max': { cores: 32, full: 40, bandwidthGbps: 410 },
};

/** Models of which one name was sold with different memory at one size. */
const ambiguous = new Set(['geforce gtx 1650', 'geforce rtx 3060 ti', 'geforce rtx 4070']);

/** Trade marks and the maker's name, which tools print or leave out. */
export function plainName(name: string): string {
  return name
    .replace(/^Microsoft Direct3D12 \((.+)\)$/, '$1')
    .replace(/\((R|TM|C)\)/gi, '')
    .replace(/\s*\((RADV|ACO|LLVM)[^)]*\)/g, '')
    .replace(/^(NVIDIA|AMD|Intel)\s+/i, '')
    .replace(/\s+Graphics$/i, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

export interface ModelQuestion {
  readonly vendor: GpuVendor;
  readonly name: string;
  /** Of a card of its own, bytes. */
  readonly vramBytes?: number;
  /** Of an Apple chip. */
  readonly gpuCores?: number;
}

export function bandwidthOf({ vendor, name, vramBytes, gpuCores }: ModelQuestion): Fact<number> {
  // "Arcturus GL-XL [Instinct MI100]": the chip, and in brackets the card.
  const plain = plainName(/\[([^\]/]+)\]$/.exec(name)?.[1] ?? name);
  const listed = otherNames[plain] ?? plain;
  const model = gpuModels.find(([known, of]) => of === vendor && plainName(known) === listed);
  if (model === undefined) return unknown('not-reported', 'the model is not in the table', source);
  if (ambiguous.has(listed)) return unknown('not-reported', 'the model was sold with different memory', source);
  if (vendor === 'apple') return appleBandwidth(model, gpuCores);
  if (vramBytes !== undefined && !soldWith(model, vramBytes)) {
    return unknown('not-reported', 'this model is in the table with another size of memory', source);
  }
  return known(model[3], source);
}

function appleBandwidth([name, , , bandwidthGbps]: GpuModel, gpuCores: number | undefined): Fact<number> {
  const bin = lesserBins[name];
  if (bin === undefined || gpuCores === bin.full) return known(bandwidthGbps, source);
  if (gpuCores === bin.cores) return known(bin.bandwidthGbps, source);
  return unknown('not-reported', 'the chip has two memory systems and its GPU cores are not known', source);
}

/** Drivers report 2 to 13 % less than the size on the box, never more. */
function soldWith([, vendor, , , sizesGb]: GpuModel, vramBytes: number): boolean {
  // A shared memory's carve-out is no size of the model.
  if (vendor === 'amd' && sizesGb.length !== 1) return true;
  return (
    sizesGb.length === 0 || sizesGb.some((size) => vramBytes <= size * gibi * 1.01 && vramBytes >= size * gibi * 0.86)
  );
}
