import { sudo } from '../commands.ts';
import { gpu } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { capture, vendor } from '../sources.ts';

const uhd = gpu({ vendor: 'intel', name: 'Intel UHD 630', unified: true });

export const hybridGraphics = landmine({
  code: 'hybrid-graphics',
  title: 'Hybrid graphics: which of the two GPUs is on',
  group: 'graphics',
  severity: 'breaks',
  needs: ['gpu.all'],
  reads: ['gpu.hybrid'],
  means: 'With only the integrated GPU switched on, the fast one cannot be used by anything.',
  story:
    'Laptops with two GPUs can switch the discrete one off to save power; on Ubuntu `prime-select intel` keeps its driver from loading. ' +
    '"On demand" is what models want: the desktop stays on the small GPU and the large one has all of its memory free. CUDA and Vulkan ' +
    'choose their device by themselves and need no launcher or per-program setting.',
  belief: {
    held: 'The graphics settings of Windows must name the program as "High performance".',
    found:
      'That choice is for programs that draw. CUDA and Vulkan programs name their device themselves (not checked by us on Windows).',
  },
  sources: [
    vendor('Ubuntu, ubuntu-drivers-common: prime-select', '2026'),
    capture('RTX 3060 Laptop without a display on it, Linux and Windows', '2026-08-22'),
  ],
  example: {
    'os.family': 'linux',
    'gpu.all': [uhd],
    'gpu.hybrid': {
      integrated: 'Intel UHD 630',
      discrete: 'NVIDIA GeForce RTX 3060 Laptop GPU',
      mode: 'integrated-only',
    },
  },
  counterExample: {
    'os.family': 'linux',
    'gpu.all': [uhd],
    'gpu.hybrid': { integrated: 'Intel UHD 630', discrete: 'NVIDIA GeForce RTX 3060 Laptop GPU', mode: 'on-demand' },
  },
  judge({ 'gpu.all': gpus }, facts) {
    const hybrid = facts['gpu.hybrid'];
    if (gpus.length < 2 && hybrid === undefined) return 'not-applicable';
    if (!hybrid?.known) return { cannotTell: hybrid?.detail ?? 'how the two GPUs share the work' };
    const { integrated, discrete, mode } = hybrid.value;
    if (mode === 'integrated-only') {
      return {
        seen: `${integrated} is on and ${discrete} is switched off.`,
        remedy: ['Switch to on-demand and restart:', sudo('prime-select on-demand')],
        effect: { kind: 'no-backend', backend: 'cuda' },
      };
    }
    if (mode === 'discrete-only') {
      return {
        seen: `${discrete} draws the desktop; ${integrated} is not used for it.`,
        severity: 'notes',
        means: 'The desktop takes memory from the GPU that models need. On demand leaves it all to them.',
        remedy: ['Switch to on-demand and restart:', sudo('prime-select on-demand')],
      };
    }
    return mode === 'unknown' ? { cannotTell: 'which of the two GPUs is on' } : 'ok';
  },
});
