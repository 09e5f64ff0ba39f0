import { knownValue } from '../../contract/machine/fact.ts';
import { gpu } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { bytes, gib } from '../words.ts';

const strixHalo = gpu({ vendor: 'amd', name: 'AMD Radeon 8060S', totalMib: 512, unified: true, gfx: 'gfx1151' });

export const amdSharedMemory = landmine({
  code: 'amd-shared-memory',
  title: 'This AMD GPU uses main memory; its "VRAM" is a small part',
  group: 'amd',
  severity: 'notes',
  on: ['linux'],
  only: ['amd'],
  needs: ['amd.gpus', 'memory.total_bytes'],
  means:
    'Models go into main memory that the GPU maps (GTT), by default up to half of it. The VRAM figure says nothing about what fits.',
  story:
    'On an APU the firmware sets a little memory aside and calls it VRAM. What counts is how much main memory the driver lets the GPU ' +
    'map: half by default, more with the module parameter ttm.pages_limit (pages of 4 KiB) or amdgpu.gttsize (MiB).',
  belief: {
    held: 'Set the VRAM in the firmware as high as it goes.',
    found: 'That takes the memory from the system for good. Linux lets the GPU map ordinary memory when it is needed.',
  },
  sources: [capture('rocminfo of a Strix Halo with 128 GB', '2026')],
  example: { 'os.family': 'linux', 'amd.gpus': [strixHalo], 'memory.total_bytes': 128 * gib },
  counterExample: {
    'os.family': 'linux',
    'amd.gpus': [gpu({ vendor: 'amd', name: 'AMD Radeon RX 7900 XT', totalMib: 20_464 })],
    'memory.total_bytes': 64 * gib,
  },
  judge({ 'amd.gpus': gpus, 'memory.total_bytes': total }) {
    const shared = gpus.filter(({ unified }) => knownValue(unified) === true);
    const [first] = shared;
    if (gpus.length === 0) return 'not-applicable';
    if (first === undefined) return 'ok';
    const vram = knownValue(first.vram_total_bytes);
    return {
      seen: `${gpuName(first)} shares ${bytes(total)} of main memory${vram === undefined ? '' : `; ${bytes(vram)} of it is called VRAM`}.`,
      remedy: [
        'Nothing need be done. To let the GPU map more than half, add to the kernel command line, for example for 96 GiB: ttm.pages_limit=25165824',
      ],
    };
  },
});
