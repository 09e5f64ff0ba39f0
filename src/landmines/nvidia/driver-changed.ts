import { knownValue } from '../../contract/machine/fact.ts';
import { landmine } from '../landmine.ts';
import { thread } from '../sources.ts';
import { olderThan } from '../versions.ts';

export const driverChanged = landmine({
  code: 'driver-changed',
  title: 'The GPU driver is another one than when it last worked',
  group: 'nvidia',
  severity: 'warns',
  only: ['gpu'],
  needs: ['engine.last_good_driver'],
  reads: ['nvidia.driver', 'amd.driver'],
  means: 'Nothing need be wrong. Should the GPU fail or be slow from now on, look here first.',
  story:
    'Windows Update replaces graphics drivers by itself, Linux distributions do so with the next kernel. The agent notes the ' +
    'driver with which a model was last loaded onto the GPU, and holds each start against it. A start that goes well makes the new driver the ' +
    'good one, and the finding is gone with the start after that.',
  sources: [thread('ollama/ollama', 5581, '2024')],
  example: { 'os.family': 'windows', 'engine.last_good_driver': '576.02', 'nvidia.driver': '591.86' },
  counterExample: { 'os.family': 'windows', 'engine.last_good_driver': '591.86', 'nvidia.driver': '591.86' },
  judge({ 'engine.last_good_driver': last }, facts) {
    const now = knownValue(facts['nvidia.driver']) ?? knownValue(facts['amd.driver']);
    if (now === undefined) return { cannotTell: 'the version of the GPU driver is unknown' };
    if (now === last) return 'ok';
    const older = olderThan(now, last) === true;
    return {
      seen: `The driver is ${now}; it was ${last} when a model was last loaded onto the GPU.`,
      remedy: [
        older
          ? 'It is older than before: if nobody meant to go back, install the newer one again.'
          : `If the GPU fails now, go back to ${last}: on Windows by Device Manager > Properties > Driver > Roll Back, on Linux by the package manager.`,
      ],
    };
  },
});
