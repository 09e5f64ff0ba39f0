import { knownValue } from '../../contract/machine/fact.ts';
import type { GpuVendor } from '../../contract/machine/facts.ts';
import { sh } from '../commands.ts';
import { engineBinaries } from '../data/engine-builds.ts';
import { rtx4090 } from '../examples.ts';
import { gpuNames, realGpus } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { list } from '../words.ts';

/** Builds of the engine that can use a vendor's GPUs. */
const buildsFor: Readonly<Partial<Record<GpuVendor, readonly string[]>>> = {
  nvidia: ['cuda', 'vulkan'],
  amd: ['vulkan'],
  intel: ['vulkan'],
  apple: ['metal'],
};

export const noGpuBuild = landmine({
  code: 'no-gpu-build',
  title: 'This installation has no engine binary for the GPU',
  group: 'engine',
  severity: 'breaks',
  only: ['gpu'],
  needs: ['gpu.all', 'engine.builds'],
  means: 'Whatever the drivers are like, the engine can only use the processor.',
  story:
    'The engine comes as one npm package per back end, chosen when Metalyard is installed. They are missing in a checkout of the ' +
    'sources (which leaves the large GPU packages out on purpose), after an installation without optional dependencies, and on Linux ' +
    'arm64, for which there are none.',
  sources: [engineBinaries],
  example: { 'os.family': 'linux', 'gpu.all': [rtx4090], 'engine.builds': ['cpu'] },
  counterExample: { 'os.family': 'linux', 'gpu.all': [rtx4090], 'engine.builds': ['cpu', 'cuda', 'vulkan'] },
  judge({ 'gpu.all': all, 'engine.builds': builds }, facts) {
    const gpus = realGpus(all);
    if (gpus.length === 0) return 'not-applicable';
    const served = gpus.filter(({ vendor }) => buildsFor[vendor]?.some((build) => builds.includes(build)));
    if (served.length > 0) return 'ok';
    const arm = knownValue(facts['os.architecture']) === 'arm64' && knownValue(facts['os.family']) === 'linux';
    return {
      seen: `${gpuNames(gpus)}; the engine is here for ${builds.length === 0 ? 'nothing' : `${list(builds)} only`}.`,
      remedy: arm
        ? ['There is no GPU build for Linux on arm64. Start llama-server or vLLM yourself and attach it.']
        : [
            'Install the package, with its optional dependencies, in place of a checkout:',
            sh('npm install -g metalyard --include=optional'),
          ],
    };
  },
});
