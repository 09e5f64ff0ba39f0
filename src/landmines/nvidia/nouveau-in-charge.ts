import { sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified, vendor } from '../sources.ts';

export const nouveauInCharge = landmine({
  code: 'nouveau-in-charge',
  title: 'The free driver nouveau holds the NVIDIA GPU',
  group: 'nvidia',
  severity: 'breaks',
  on: ['linux'],
  only: ['nvidia'],
  needs: ['nvidia.nouveau_bound'],
  means:
    'CUDA needs the NVIDIA driver, which cannot take a GPU that nouveau has. Until then the GPU does nothing for models.',
  story:
    'The kernel brings a free driver for NVIDIA GPUs that draws the screen and knows no CUDA. It stays in charge when the NVIDIA ' +
    'driver was never installed, when its module was not built for the running kernel, or when Secure Boot refused the unsigned module. ' +
    'The graphics look fine all the while.',
  sources: [
    vendor('NVIDIA, driver installation guide for Linux: disabling nouveau', '2026'),
    unverified('Secure Boot as a cause'),
  ],
  example: { 'os.family': 'linux', 'nvidia.nouveau_bound': true, 'os.distribution': 'ubuntu' },
  counterExample: { 'os.family': 'linux', 'nvidia.nouveau_bound': false },
  judge({ 'nvidia.nouveau_bound': bound }, facts) {
    if (!bound) return 'ok';
    const distribution = facts['os.distribution'];
    return {
      seen: 'An NVIDIA GPU is on the PCI bus, and the kernel driver bound to it is nouveau.',
      remedy: [
        'Install the NVIDIA driver and restart:',
        ...installDriver(distribution?.known ? distribution.value : ''),
        'If it is installed already, see whether Secure Boot refused it (sign the module, or turn Secure Boot off):',
        sudo('mokutil --sb-state'),
      ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});

function installDriver(distribution: string) {
  if (distribution === 'ubuntu' || distribution === 'pop' || distribution === 'linuxmint')
    return [sudo('ubuntu-drivers install')];
  if (distribution === 'debian') return [sudo('apt install nvidia-driver')];
  if (distribution === 'arch' || distribution === 'manjaro') return [sudo('pacman -S nvidia-open')];
  if (distribution === 'fedora') return ['With the RPM Fusion repository:', sudo('dnf install akmod-nvidia')];
  return ['(by the package manager of this distribution)'];
}
