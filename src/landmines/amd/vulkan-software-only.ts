import { knownValue } from '../../contract/machine/fact.ts';
import { sh, sudo } from '../commands.ts';
import { gpu } from '../examples.ts';
import { gpuNames, realGpus } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture, measured, thread } from '../sources.ts';
import { list } from '../words.ts';

const t4 = gpu({ vendor: 'nvidia', name: 'Tesla T4', totalMib: 15_109 });
const device = { uuid: '', driver: 'Mesa 22.3.6' };

export const vulkanSoftwareOnly = landmine({
  code: 'vulkan-software-only',
  title: 'Vulkan finds no GPU, only a processor that draws',
  group: 'amd',
  severity: 'warns',
  dependsOn: ['container-no-graphics', 'vulkan-loader-missing'],
  on: ['linux', 'windows'],
  only: ['gpu'],
  needs: ['gpu.all', 'vulkan.devices'],
  means:
    "The vendor's Vulkan driver is missing, so the GPU cannot be used through Vulkan. CUDA is not touched by this.",
  story:
    'Mesa brings llvmpipe, a device that does everything on the processor. It is listed like a GPU and is none; the engine skips it. ' +
    'When it is the only device although there is a GPU, the driver of the vendor is not installed, or a container was not given it.',
  sources: [
    capture('vulkaninfo in a container on a T4 host: llvmpipe alone', '2024-09'),
    thread('modal-labs/modal-examples', 869, '2024-09'),
    measured(
      'llvmpipe (Mesa 22.3.6) is skipped by llama.cpp unless it is asked for by GGML_VK_VISIBLE_DEVICES',
      '2026-11',
    ),
  ],
  example: {
    'os.family': 'linux',
    'gpu.all': [t4],
    'vulkan.devices': [{ name: 'llvmpipe (LLVM 15.0.6, 256 bits)', kind: 'cpu', ...device }],
  },
  counterExample: {
    'os.family': 'linux',
    'gpu.all': [t4],
    'vulkan.devices': [{ name: 'Tesla T4', kind: 'discrete', ...device }],
  },
  judge({ 'gpu.all': all, 'vulkan.devices': devices }, facts) {
    const gpus = realGpus(all);
    if (gpus.length === 0 || devices.length === 0) return 'not-applicable';
    if (devices.some(({ kind }) => kind !== 'cpu')) return 'ok';
    const cuda = gpus.every(({ vendor }) => vendor === 'nvidia') && knownValue(facts['nvidia.driver']) !== undefined;
    return {
      seen: `Vulkan lists ${list(devices.map(({ name }) => name))} alone; the machine has ${gpuNames(gpus)}.`,
      severity: cuda ? 'notes' : 'breaks',
      remedy: [
        'Install the Vulkan driver of the GPU (NVIDIA: part of the driver package, libnvidia-gl on Ubuntu; AMD and Intel: Mesa), then see:',
        sudo('apt install mesa-vulkan-drivers vulkan-tools'),
        sh('vulkaninfo --summary'),
      ],
      effect: { kind: 'no-backend', backend: 'vulkan' },
    };
  },
});
