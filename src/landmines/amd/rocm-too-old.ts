import { knownValue } from '../../contract/machine/fact.ts';
import { oldestRocmForOllama, rocmSources } from '../data/rocm.ts';
import { landmine } from '../landmine.ts';
import { olderThan } from '../versions.ts';

export const rocmTooOld = landmine({
  code: 'rocm-too-old',
  title: 'ROCm is older than the builds in use',
  group: 'amd',
  severity: 'warns',
  on: ['linux', 'windows'],
  only: ['amd'],
  needs: ['amd.rocm_version'],
  means: `Ollama asks for a driver of the ROCm ${oldestRocmForOllama} line, and llama.cpp's release builds for ROCm 10: attached servers may start without the GPU.`,
  story:
    'The lines so far are 6.4, 7.0 to 7.2, a preview stream up to 7.14, and 10.0 (August 2026); there is no 8 or 9. A program built for ' +
    'one line wants a driver that can run it. Numbers are compared part by part, so 7.14 is newer than 7.2.',
  sources: rocmSources,
  example: { 'os.family': 'linux', 'amd.rocm_version': '6.0.2' },
  counterExample: { 'os.family': 'linux', 'amd.rocm_version': '7.14.0' },
  judge({ 'amd.rocm_version': version }, facts) {
    const old = olderThan(version, oldestRocmForOllama);
    if (old === undefined) return { cannotTell: `the version of ROCm reads "${version}"` };
    if (!old) return 'ok';
    const distribution = knownValue(facts['os.distribution']);
    return {
      seen: `ROCm here is ${version}; Ollama wants ${oldestRocmForOllama} or newer.`,
      remedy: [
        `Install a newer ROCm${distribution === undefined ? '' : ` for ${distribution}`} from AMD, or use Vulkan, which needs none.`,
      ],
    };
  },
});
