import { engineBinaries } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';

export const noAvx2 = landmine({
  code: 'no-avx2',
  title: 'The processor has no AVX2',
  group: 'system',
  severity: 'slows',
  on: ['linux', 'windows'],
  needs: ['os.architecture', 'cpu.features'],
  means:
    'The engine falls back to an older code path, and whatever runs on the processor is several times slower than on newer ones.',
  story:
    'The engine brings one library per generation of x86 processors and takes the best that runs. Without AVX2 (processors before ' +
    '2013, some Pentium and Celeron models, and virtual machines with a generic processor model) only the plain ones are left. In a ' +
    'virtual machine the real processor often has AVX2 and only hides it.',
  sources: [engineBinaries],
  example: { 'os.family': 'linux', 'os.architecture': 'x64', 'cpu.features': ['sse4_2', 'ssse3'] },
  counterExample: { 'os.family': 'linux', 'os.architecture': 'x64', 'cpu.features': ['sse4_2', 'avx', 'avx2', 'fma'] },
  judge({ 'os.architecture': architecture, 'cpu.features': features }) {
    if (architecture !== 'x64') return 'not-applicable';
    if (features.length === 0) return { cannotTell: 'the list of processor features is empty' };
    if (features.includes('avx2')) return 'ok';
    return {
      seen: 'The features of the processor do not include AVX2.',
      remedy: [
        'On a virtual machine: give it the processor of its host (QEMU and Proxmox: CPU type "host"). On real hardware: let a GPU do the work, or use small models.',
      ],
      effect: { kind: 'last-resort' },
    };
  },
});
