import { sh, sudo } from '../commands.ts';
import { rocmSources } from '../data/rocm.ts';
import { landmine } from '../landmine.ts';

export const amdKfdDenied = landmine({
  code: 'amd-kfd-denied',
  title: 'This user may not use the AMD GPU for computing',
  group: 'amd',
  severity: 'breaks',
  on: ['linux'],
  only: ['amd'],
  needs: ['amd.kfd_present', 'amd.kfd_readable'],
  means: 'ROCm programs of this user see no GPU, and say only that there is none.',
  story:
    '/dev/kfd and /dev/dri/render* belong to the groups render and video. A user outside them gets "no devices" from ROCm without a ' +
    'word about permissions. Services have their own users: what works in the terminal may fail under systemd.',
  sources: rocmSources,
  example: { 'os.family': 'linux', 'amd.kfd_present': true, 'amd.kfd_readable': false },
  counterExample: { 'os.family': 'linux', 'amd.kfd_present': true, 'amd.kfd_readable': true },
  judge({ 'amd.kfd_present': present, 'amd.kfd_readable': readable }) {
    if (!present) return 'not-applicable';
    if (readable) return 'ok';
    return {
      seen: '/dev/kfd exists and this user may not open it.',
      remedy: [
        'Add yourself to the groups, then log out and in again:',
        sudo('usermod -aG render,video "$USER"'),
        sh('id -nG'),
      ],
      effect: { kind: 'no-backend', backend: 'rocm' },
    };
  },
});
