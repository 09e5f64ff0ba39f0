import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { duration } from '../words.ts';

export const laterLoadSlower = landmine({
  code: 'later-load-slower',
  title: 'Loading the model again takes longer than the first time',
  group: 'engine',
  severity: 'warns',
  dependsOn: ['memory-pressure', 'slow-model-disk', 'defender-scans-models', 'wsl-models-on-windows-drive'],
  needs: ['engine.first_load_ms', 'engine.later_load_ms'],
  means:
    'A second load should come from memory. When it does not, memory is too short to keep the file, or something reads along.',
  story:
    'The first load of a model since the machine started, or since its file or the GPU driver changed, is slow for good reasons: ' +
    'the disk, a virus scanner reading along, on a Mac the compilation of GPU code. ' +
    'What was read stays in memory as cache, so the next load is quicker. We keep the two times apart by model, build and device, because ' +
    'their difference tells more than either.',
  sources: [unverified('Causes; both times are measured on the machine itself')],
  example: { 'engine.first_load_ms': 9_000, 'engine.later_load_ms': 21_000 },
  counterExample: { 'engine.first_load_ms': 9_000, 'engine.later_load_ms': 2_100 },
  judge({ 'engine.first_load_ms': first, 'engine.later_load_ms': later }) {
    // Below two seconds of difference nobody waits.
    if (later < first * 1.5 || later - first < 2_000) return 'ok';
    return {
      seen: `The first load took ${duration(first)}, a later one ${duration(later)}.`,
      remedy: [
        'Keep the model loaded, or make room in memory for its file; on Windows see whether a virus scanner reads the model folder.',
      ],
    };
  },
});
