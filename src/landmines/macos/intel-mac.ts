import { engineBinaries } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';

export const intelMac = landmine({
  code: 'intel-mac',
  title: 'Intel Macs are served by the processor alone',
  group: 'macos',
  severity: 'slows',
  on: ['macos'],
  needs: ['os.architecture', 'apple.chip'],
  means:
    'There is no build of the engine for the GPUs of Intel Macs. Small models work; for large ones this Mac is better as a client.',
  story:
    'The Metal build is for Apple silicon. The build for Intel Macs uses the processor. AMD cards in a Mac Pro or an iMac stay idle.',
  sources: [engineBinaries, capture('system_profiler of two Intel Macs', '2026')],
  example: { 'os.family': 'macos', 'os.architecture': 'x64', 'apple.chip': 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz' },
  counterExample: { 'os.family': 'macos', 'os.architecture': 'arm64', 'apple.chip': 'Apple M4 Pro' },
  judge({ 'os.architecture': architecture, 'apple.chip': chip }) {
    if (architecture !== 'x64' || /apple/i.test(chip)) return 'ok';
    return {
      seen: `The processor is ${chip}.`,
      remedy: ['Use models of a few billion parameters at most, or attach another machine to the yard.'],
      effect: { kind: 'last-resort' },
    };
  },
});
