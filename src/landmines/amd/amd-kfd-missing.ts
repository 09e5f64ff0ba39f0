import { sudo } from '../commands.ts';
import { rocmSources } from '../data/rocm.ts';
import { gpu } from '../examples.ts';
import { landmine } from '../landmine.ts';

const radeon = gpu({ vendor: 'amd', name: 'AMD Radeon RX 7900 XT', gfx: 'gfx1100' });

export const amdKfdMissing = landmine({
  code: 'amd-kfd-missing',
  title: 'The compute half of the AMD driver is not there',
  group: 'amd',
  severity: 'warns',
  on: ['linux'],
  only: ['amd'],
  needs: ['amd.gpus', 'amd.kfd_present', 'os.wsl'],
  means: 'ROCm programs find no GPU. Vulkan does not need this, and is what our own engine uses on AMD.',
  story:
    'On Linux the amdgpu driver offers computing through /dev/kfd. It is missing where the kernel was built without it, where the card ' +
    'is older than ROCm, and in containers that were not given the device. WSL has another way and is not judged by this.',
  sources: rocmSources,
  example: { 'os.family': 'linux', 'os.wsl': 0, 'amd.gpus': [radeon], 'amd.kfd_present': false },
  counterExample: { 'os.family': 'linux', 'os.wsl': 0, 'amd.gpus': [radeon], 'amd.kfd_present': true },
  judge({ 'amd.gpus': gpus, 'amd.kfd_present': present, 'os.wsl': wsl }) {
    if (gpus.length === 0 || wsl > 0) return 'not-applicable';
    if (present) return 'ok';
    return {
      seen: 'There is an AMD GPU and no /dev/kfd.',
      remedy: [
        'Use Vulkan, or for ROCm: load the driver, and give a container both devices (--device /dev/kfd --device /dev/dri).',
        sudo('modprobe amdgpu'),
      ],
      effect: { kind: 'no-backend', backend: 'rocm' },
    };
  },
});
