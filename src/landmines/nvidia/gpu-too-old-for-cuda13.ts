import { knownValue } from '../../contract/machine/fact.ts';
import { cudaReleaseNotes } from '../data/cuda.ts';
import { gtx1080ti, rtx4090 } from '../examples.ts';
import { gpuNames } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { familyOf } from '../nvidia-family.ts';
import { capture, vendor } from '../sources.ts';
import { list } from '../words.ts';

const newestMajor = 13;

export const gpuTooOldForCuda13 = landmine({
  code: 'gpu-too-old-for-cuda13',
  title: 'A GPU that CUDA 13 no longer supports',
  group: 'nvidia',
  severity: 'breaks',
  on: ['linux', 'windows'],
  only: ['nvidia'],
  needs: ['nvidia.gpus'],
  reads: ['libraries.cuda'],
  means:
    'Builds made with CUDA 13 have no code for this GPU. It works with a CUDA 12 build and its libraries, or through Vulkan.',
  story:
    'CUDA 13 dropped Maxwell, Pascal and Volta: GTX 750 Ti, GTX 900 and GTX 10, the Tesla M, P and V100 cards, TITAN V. Turing (GTX 16, ' +
    'RTX 20, compute capability 7.5) is the oldest it builds for. In a machine with an old and a new card the new one works and the old ' +
    'one is silently left out.',
  sources: [
    cudaReleaseNotes,
    vendor('Ollama, docs/gpu.mdx: compute capabilities and drivers', '2026-08'),
    capture('TITAN V beside an RTX 5880 Ada, query-gpu CSV', '2025-03'),
  ],
  example: { 'os.family': 'linux', 'nvidia.gpus': [gtx1080ti], 'libraries.cuda': [] },
  counterExample: { 'os.family': 'linux', 'nvidia.gpus': [rtx4090] },
  judge({ 'nvidia.gpus': gpus }, facts) {
    if (gpus.length === 0) return 'not-applicable';
    const told = gpus.filter((each) => familyOf(each) !== undefined);
    if (told.length === 0) return { cannotTell: 'neither the driver nor the name tells how old its GPUs are' };
    const old = told.filter((each) => !familyOf(each)?.majors.includes(newestMajor));
    if (old.length === 0) return 'ok';
    const libraries = knownValue(facts['libraries.cuda']);
    const has12 = libraries?.some(({ name }) => /cublas.*12/i.test(name));
    const families = [...new Set(old.flatMap((each) => familyOf(each)?.name ?? []))];
    const capabilities = old.flatMap(({ compute_capability }) => knownValue(compute_capability) ?? []);
    return {
      seen: `${gpuNames(old)}: ${list(families)}${capabilities.length === 0 ? '' : `, compute capability ${list(capabilities)}`}; CUDA ${newestMajor} begins with Turing (7.5).`,
      severity: has12 ? 'notes' : 'breaks',
      remedy: has12
        ? ['Nothing to do: the CUDA 12 libraries are installed, and the CUDA 12 build is used.']
        : [
            'Keep a driver of the 580 branch, and install the CUDA 12 libraries (cuda-libraries-12-8 from NVIDIA); or leave it to Vulkan, which needs only the driver.',
          ],
      ...(has12 || old.length < gpus.length ? {} : { effect: { kind: 'no-backend', backend: 'cuda' } }),
    };
  },
});
