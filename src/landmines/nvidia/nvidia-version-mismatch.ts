import { knownValue } from '../../contract/machine/fact.ts';
import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread } from '../sources.ts';
import { compareVersions } from '../versions.ts';

export const nvidiaVersionMismatch = landmine({
  code: 'nvidia-version-mismatch',
  title: 'The NVIDIA driver was updated and is only half in place',
  group: 'nvidia',
  severity: 'breaks',
  on: ['linux'],
  only: ['nvidia'],
  needs: ['nvidia.failure'],
  reads: ['nvidia.module_version', 'nvidia.library_version'],
  means:
    'Library and kernel module must be of one version. Programs that start now get no GPU; those that hold it go on until they end.',
  story:
    'A package update replaces the libraries on disk at once, while the kernel keeps the module it loaded at start. From then on new ' +
    'programs are refused ("Driver/library version mismatch"). The agent can be the last program that still works, and fail at its next start.',
  sources: [
    capture('Driver/library version mismatch with user space 570.124', '2025-10'),
    thread('illinois-scicomp/machine-shop-maintenance', 70, '2023-02'),
  ],
  example: {
    'os.family': 'linux',
    'nvidia.failure': 'version-mismatch',
    'nvidia.module_version': '520.56.06',
    'nvidia.library_version': '525.85.12',
  },
  counterExample: {
    'os.family': 'linux',
    'nvidia.failure': 'none',
    'nvidia.module_version': '595.80',
    'nvidia.library_version': '595.80',
  },
  judge({ 'nvidia.failure': failure }, facts) {
    const module = knownValue(facts['nvidia.module_version']);
    const library = knownValue(facts['nvidia.library_version']);
    // In WSL and in containers the library may rightly be of another origin than what is called the module.
    const wsl = (knownValue(facts['os.wsl']) ?? 0) > 0;
    const differ =
      module !== undefined && library !== undefined && !wsl && (compareVersions(module, library) ?? 0) !== 0;
    if (failure !== 'version-mismatch' && !differ) return 'ok';
    return {
      seen:
        module !== undefined && library !== undefined
          ? `The kernel has the NVIDIA module ${module}, the libraries on disk are ${library}.`
          : `nvidia-smi reports that driver and library are of different versions${library === undefined ? '' : `; the library is ${library}`}${module === undefined ? '' : `; the kernel's module is ${module}`}.`,
      remedy: [
        'Restart the machine. Without a restart, when nothing uses the GPU:',
        sudo('rmmod nvidia_drm nvidia_modeset nvidia_uvm nvidia'),
        sudo('modprobe nvidia'),
        'To see that it worked:',
        sh('nvidia-smi -L'),
      ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
