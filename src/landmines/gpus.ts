/** Reading lists of GPUs, whose fields may be unknown one by one. */
import { knownValue } from '../contract/machine/fact.ts';
import type { Gpu } from '../contract/machine/facts.ts';
import { list } from './words.ts';

const makers: Readonly<Record<Gpu['vendor'], string>> = {
  nvidia: 'an NVIDIA card',
  amd: 'an AMD card',
  intel: 'an Intel GPU',
  apple: 'an Apple GPU',
  virtual: 'a virtual adapter',
  other: 'a card',
};

/** `NVIDIA GeForce RTX 3060 (GPU 0)`. */
export const gpuName = ({ name, vendor, index }: Gpu): string => `${knownValue(name) ?? makers[vendor]} (GPU ${index})`;
export const gpuNames = (gpus: readonly Gpu[]): string => list(gpus.map(gpuName));

/** Real GPUs: a virtual display adapter is none. */
export const realGpus = (gpus: readonly Gpu[]): readonly Gpu[] =>
  gpus.filter(({ vendor }) => vendor !== 'virtual' && vendor !== 'other');
