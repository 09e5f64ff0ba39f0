import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const nvidiaDriverMissing = landmine({
  code: 'nvidia-driver-missing',
  title: 'An NVIDIA GPU without its driver',
  group: 'nvidia',
  severity: 'breaks',
  dependsOn: ['nouveau-in-charge', 'container-no-gpu'],
  on: ['linux', 'windows'],
  only: ['nvidia'],
  needs: ['nvidia.hardware_present', 'nvidia.failure'],
  means: 'The GPU cannot be used for models; everything runs on the processor.',
  story:
    'The GPU is on the bus, and neither nvidia-smi nor the library behind it (NVML) can be found. Mostly the driver was never installed. ' +
    'In a minimal server installation the kernel module may be there without the tools; then only the tools are missing.',
  sources: [unverified('Exit codes of nvidia-smi; a program that cannot be started counts as not installed')],
  example: { 'os.family': 'linux', 'nvidia.hardware_present': true, 'nvidia.failure': 'not-installed' },
  counterExample: { 'os.family': 'linux', 'nvidia.hardware_present': true, 'nvidia.failure': 'none' },
  judge({ 'nvidia.hardware_present': present, 'nvidia.failure': failure }, facts) {
    if (!present) return 'not-applicable';
    if (failure !== 'not-installed' && failure !== 'library-missing') return 'ok';
    const module = knownValue(facts['nvidia.module_version']);
    const what =
      failure === 'not-installed' ? 'nvidia-smi is not installed' : 'nvidia-smi cannot load the NVML library';
    return {
      seen: `An NVIDIA GPU is on the PCI bus and ${what}${module === undefined ? '' : `; the kernel module ${module} is loaded`}.`,
      remedy:
        knownValue(facts['os.family']) === 'windows'
          ? ['Install the driver from nvidia.com (or the NVIDIA App), then restart.']
          : [
              module === undefined
                ? 'Install the NVIDIA driver by the package manager of this distribution and restart; then this must list the GPU:'
                : `Install the user-space part of driver ${module} (Debian and Ubuntu: nvidia-utils); then this must list the GPU:`,
              sh('nvidia-smi -L'),
            ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
