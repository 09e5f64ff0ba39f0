import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread } from '../sources.ts';

export const nvidiaDriverNotLoaded = landmine({
  code: 'nvidia-driver-not-loaded',
  title: 'The NVIDIA driver is installed but not running',
  group: 'nvidia',
  severity: 'breaks',
  dependsOn: ['nouveau-in-charge', 'wsl-linux-driver', 'wsl1', 'nvidia-version-mismatch'],
  only: ['nvidia'],
  needs: ['nvidia.failure'],
  means: 'No program can use the GPU until the kernel module runs; models fall back to the processor.',
  story:
    'nvidia-smi is there and says that it cannot talk to the driver. On Linux the module was usually not built for the kernel that runs ' +
    'now (after a kernel update, DKMS has to build it again), or Secure Boot refused it. On Windows the device is disabled or its driver ' +
    'is in an error state.',
  sources: [
    capture('nvidia-smi failing to communicate with the driver', '2019'),
    thread('microsoft/WSL', 3847, '2019'),
  ],
  example: { 'os.family': 'linux', 'nvidia.failure': 'driver-not-loaded' },
  counterExample: { 'os.family': 'linux', 'nvidia.failure': 'none' },
  judge({ 'nvidia.failure': failure }, facts) {
    if (failure !== 'driver-not-loaded') return 'ok';
    const windows = facts['os.family']?.known && facts['os.family'].value === 'windows';
    return {
      seen: 'nvidia-smi runs and cannot communicate with the NVIDIA driver.',
      remedy: windows
        ? [
            'Look at the GPU in the Device Manager (devmgmt.msc); install the driver again from nvidia.com, then restart.',
          ]
        : [
            'See why the module is not there, build it for this kernel, then restart:',
            sudo('dmesg | grep -iE "nvidia|nvrm"'),
            sh('dkms status'),
            sudo('dkms autoinstall'),
          ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
