import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { disk } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const modelsOnRotationalDisk = landmine({
  code: 'models-on-rotational-disk',
  title: 'Models are on a spinning disk',
  group: 'disk',
  severity: 'slows',
  needs: ['disk.models'],
  means: 'Answers are as fast as ever; loading a model takes minutes where an SSD takes seconds.',
  story:
    'A hard disk reads one to two hundred megabytes per second at best, and far less when something else reads too. Model files have ' +
    'gigabytes. Once loaded, the disk does not matter.',
  sources: [unverified('Speed of hard disks; where it was measured here, slow-model-disk tells it')],
  example: { 'os.family': 'linux', 'disk.models': disk({ mount: '/srv', kind: 'rotational' }) },
  counterExample: { 'os.family': 'linux', 'disk.models': disk({ kind: 'nvme' }) },
  judge({ 'disk.models': { mount, kind } }) {
    const what = knownValue(kind);
    if (what === undefined) return { cannotTell: 'what kind of disk holds the models' };
    if (what !== 'rotational') return 'ok';
    return {
      seen: `The models are on ${mount}, a spinning disk.`,
      remedy: [
        'Copy the models you use to an SSD and serve them from there:',
        sh('metalyard up --model /path/on/ssd/model.gguf'),
      ],
    };
  },
});
