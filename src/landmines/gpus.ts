/** Reading lists of GPUs, whose fields may be unknown one by one. */
import { knownValue } from '../contract/machine/fact.ts';
import type { Gpu } from '../contract/machine/facts.ts';
import { list } from './words.ts';

const makers: Readonly<Record<Gpu['vendor'], string>> = {
  nvidia: 'NVIDIA GPU',
  amd: 'AMD GPU',
  intel: 'Intel GPU',
  apple: 'Apple GPU',
  virtual: 'Virtual adapter',
  other: 'GPU',
};

/** Its name, or whose it is. */
export const gpuModel = ({ name, vendor }: Gpu): string => knownValue(name) ?? makers[vendor];

/** `NVIDIA GeForce RTX 3060 (GPU 0)`; `AMD GPU 0` where no tool tells the name. */
export const gpuName = (gpu: Gpu): string =>
  knownValue(gpu.name) === undefined ? `${gpuModel(gpu)} ${gpu.index}` : `${gpuModel(gpu)} (GPU ${gpu.index})`;
export const gpuNames = (gpus: readonly Gpu[]): string => list(gpus.map(gpuName));

/** Real GPUs: a virtual display adapter is none. */
export const realGpus = (gpus: readonly Gpu[]): readonly Gpu[] =>
  gpus.filter(({ vendor }) => vendor !== 'virtual' && vendor !== 'other');
