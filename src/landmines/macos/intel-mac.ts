import { knownValue } from '../../contract/machine/fact.ts';
import { engineBinaries } from '../data/engine-builds.ts';
import { gpuNames } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';

export const intelMac = landmine({
  code: 'intel-mac',
  title: 'Intel Macs are served by the processor alone',
  group: 'macos',
  severity: 'slows',
  on: ['macos'],
  needs: [],
  reads: ['apple.chip', 'intel.gpus', 'amd.gpus'],
  means:
    'There is no build of the engine for the GPUs of Intel Macs. Small models work; for large ones this Mac is better as a client.',
  story:
    'The Metal build is for Apple silicon. The build for Intel Macs uses the processor. AMD cards in a Mac Pro or an iMac stay idle.',
  sources: [engineBinaries, capture('system_profiler of two Intel Macs', '2026')],
  example: { 'os.family': 'macos', 'apple.chip': 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz' },
  counterExample: { 'os.family': 'macos', 'apple.chip': 'Apple M4 Pro' },
  judge(_, facts) {
    const chip = knownValue(facts['apple.chip']);
    if (chip !== undefined && !/intel/i.test(chip)) return 'ok';
    const gpus = [...(knownValue(facts['intel.gpus']) ?? []), ...(knownValue(facts['amd.gpus']) ?? [])];
    if (chip === undefined && gpus.length === 0) return { cannotTell: 'neither the processor nor a GPU is known' };
    return {
      seen: chip === undefined ? `Macs with ${gpuNames(gpus)} are Intel Macs.` : `The processor is ${chip}.`,
      remedy: ['Use models of a few billion parameters at most, or attach another machine to the yard.'],
      effect: { kind: 'last-resort' },
    };
  },
});
