import { knownValue } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { sh } from '../commands.ts';
import { gpu, rtx4090 } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { counted, list } from '../words.ts';

export const migPartitions = landmine({
  code: 'mig-partitions',
  title: 'A GPU is split into MIG partitions',
  group: 'nvidia',
  severity: 'warns',
  on: ['linux'],
  only: ['nvidia'],
  needs: ['nvidia.gpus'],
  means: 'One program gets one partition, whatever the GPU as a whole reports as free. Memory is counted by partition.',
  story:
    'On A100, H100 and their kin the owner can split the GPU. nvidia-smi goes on printing the memory of the whole card in the main row, ' +
    'of which no program can have more than its partition. Utilisation reads [N/A]. A process sees a partition by its UUID.',
  sources: [capture('nvidia-smi of an H200 split in five, and of two A100', '2026-06')],
  example: {
    'os.family': 'linux',
    'nvidia.gpus': [
      gpu({ vendor: 'nvidia', name: 'NVIDIA H200', totalMib: 143_771, mig: ['3g.71gb', '1g.18gb', '1g.18gb'] }),
    ],
  },
  counterExample: { 'os.family': 'linux', 'nvidia.gpus': [rtx4090] },
  judge({ 'nvidia.gpus': gpus }) {
    if (gpus.length === 0) return 'not-applicable';
    const split = gpus.filter(({ mig_enabled }) => knownValue(mig_enabled) === true);
    if (split.length === 0) return 'ok';
    return {
      seen: `${list(split.map((each) => `${gpuName(each)} ${partsOf(each)}`))}.`,
      remedy: [
        'Choose the partition for the agent by its UUID. If none is listed, nothing can use this GPU: make one, or turn MIG off (nvidia-smi -mig 0).',
        sh('nvidia-smi -L'),
        sh('CUDA_VISIBLE_DEVICES=MIG-... metalyard agent'),
      ],
    };
  },
});

/** Most forms of nvidia-smi's output say that MIG is on and not into what. */
const partsOf = ({ mig }: Gpu): string =>
  mig === undefined ? 'is in MIG mode' : `has ${counted(mig.length, 'MIG partition')}`;
