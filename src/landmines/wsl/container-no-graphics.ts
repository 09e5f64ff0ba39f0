import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread, vendor } from '../sources.ts';

export const containerNoGraphics = landmine({
  code: 'container-no-graphics',
  title: "The container was not given NVIDIA's Vulkan driver",
  group: 'wsl',
  severity: 'warns',
  on: ['linux'],
  only: ['container', 'nvidia'],
  needs: ['os.container', 'container.driver_capabilities'],
  means:
    'CUDA works and Vulkan sees only the processor: the capability "graphics" is not among those the container asked for.',
  story:
    'The NVIDIA Container Toolkit brings into a container what NVIDIA_DRIVER_CAPABILITIES lists. Without "graphics" (or "all") the Vulkan ' +
    'driver stays outside, nvidia-smi works, and Vulkan finds llvmpipe alone.',
  sources: [
    vendor('NVIDIA, container toolkit documentation: driver capabilities', '2026-08'),
    capture('vulkaninfo in a container on a T4 host', '2024-09'),
    thread('modal-labs/modal-examples', 869, '2024-09'),
  ],
  example: { 'os.family': 'linux', 'os.container': 'docker', 'container.driver_capabilities': ['compute', 'utility'] },
  counterExample: { 'os.family': 'linux', 'os.container': 'docker', 'container.driver_capabilities': ['all'] },
  judge({ 'os.container': container, 'container.driver_capabilities': capabilities }) {
    if (container === 'none' || capabilities.length === 0) return 'not-applicable';
    if (capabilities.includes('graphics') || capabilities.includes('all')) return 'ok';
    return {
      seen: `NVIDIA_DRIVER_CAPABILITIES is ${capabilities.join(',')}.`,
      remedy: [
        'Only needed for Vulkan. Start the container with:',
        sh('docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all ...'),
      ],
      effect: { kind: 'no-backend', backend: 'vulkan' },
    };
  },
});
