import { knownValue } from '../../contract/machine/fact.ts';
import { sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified, vendor } from '../sources.ts';

export const nvidiaGpuLost = landmine({
  code: 'nvidia-gpu-lost',
  title: 'The NVIDIA GPU no longer answers',
  group: 'nvidia',
  severity: 'breaks',
  only: ['nvidia'],
  needs: ['nvidia.failure'],
  means: 'Whatever runs on the GPU hangs or has failed already. Only a reset, mostly a restart, brings it back.',
  story:
    'A GPU that overheats, loses power or meets a driver fault can fall off the bus. Then nvidia-smi reports it lost, or hangs, so that ' +
    'our probe ends it after ten seconds. After a suspend it may also be CUDA alone that is gone; reloading one module mends that.',
  sources: [
    vendor('Ollama, docs/gpu.mdx: reloading nvidia_uvm after suspend', '2026-08'),
    unverified('nvidia-smi hanging on a lost GPU'),
  ],
  example: { 'os.family': 'linux', 'nvidia.failure': 'hung' },
  counterExample: { 'os.family': 'linux', 'nvidia.failure': 'none' },
  judge({ 'nvidia.failure': failure }, facts) {
    if (failure !== 'gpu-lost' && failure !== 'hung') return 'ok';
    const linux = knownValue(facts['os.family']) === 'linux';
    return {
      seen:
        failure === 'hung' ? 'nvidia-smi did not answer in time and was ended.' : 'nvidia-smi reports a GPU as lost.',
      remedy: [
        ...(linux
          ? [
              'After a suspend, try this first:',
              sudo('rmmod nvidia_uvm && sudo modprobe nvidia_uvm'),
              'Otherwise see what the kernel says, and restart:',
              sudo('dmesg | grep -iE "xid|nvrm"'),
            ]
          : ['Restart the machine. If it comes again, look at power cables, heat and any overclocking.']),
      ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
