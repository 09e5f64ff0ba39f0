import { knownValue } from '../../contract/machine/fact.ts';
import { sudo } from '../commands.ts';
import { engineBinaries } from '../data/engine-builds.ts';
import { gpu } from '../examples.ts';
import { gpuNames, realGpus } from '../gpus.ts';
import { landmine } from '../landmine.ts';

const arc = gpu({ vendor: 'intel', name: 'Intel Arc A770', totalMib: 16_288 });

export const vulkanLoaderMissing = landmine({
  code: 'vulkan-loader-missing',
  title: 'The Vulkan loader is not installed',
  group: 'amd',
  severity: 'breaks',
  on: ['linux'],
  only: ['gpu'],
  needs: ['gpu.all', 'vulkan.loader'],
  means: 'Vulkan is how our engine reaches AMD and Intel GPUs. Without the loader they are not used at all.',
  story:
    "The Vulkan build needs two things: the loader (libvulkan.so.1) and a driver of the GPU's vendor, on Linux mostly Mesa. Desktops " +
    'have both; minimal servers and containers have neither.',
  sources: [engineBinaries],
  example: { 'os.family': 'linux', 'gpu.all': [arc], 'vulkan.loader': false },
  counterExample: { 'os.family': 'linux', 'gpu.all': [arc], 'vulkan.loader': true },
  judge({ 'gpu.all': gpus, 'vulkan.loader': loader }, facts) {
    const needing = realGpus(gpus).filter(({ vendor }) => vendor === 'amd' || vendor === 'intel');
    if (needing.length === 0) return 'not-applicable';
    if (loader) return 'ok';
    const debian = ['debian', 'ubuntu', 'linuxmint', 'pop'].includes(knownValue(facts['os.distribution']) ?? 'debian');
    return {
      seen: `${gpuNames(needing)}, and libvulkan.so.1 is not found.`,
      remedy: [
        'Install loader and driver:',
        debian
          ? sudo('apt install libvulkan1 mesa-vulkan-drivers')
          : sudo('dnf install vulkan-loader mesa-vulkan-drivers'),
      ],
      effect: { kind: 'no-backend', backend: 'vulkan' },
    };
  },
});
