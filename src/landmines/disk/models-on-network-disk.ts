import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { disk } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';

export const modelsOnNetworkDisk = landmine({
  code: 'models-on-network-disk',
  title: 'Models are read over the network',
  group: 'disk',
  severity: 'warns',
  needs: ['disk.models'],
  means: 'Loading waits for the network, and a share that goes away while a model is mapped ends the engine.',
  story:
    'The engine maps large model files into memory instead of copying them. When a mapped page cannot be read again (the server is ' +
    'gone, the file was replaced), the system ends the process with SIGBUS.',
  sources: [measured('The engine ended by SIGBUS when a mapped file was overwritten', '2026-11')],
  example: { 'os.family': 'linux', 'disk.models': disk({ mount: '/mnt/nas', filesystem: 'nfs4', kind: 'network' }) },
  counterExample: { 'os.family': 'linux', 'disk.models': disk({ kind: 'ssd' }) },
  judge({ 'disk.models': { mount, kind, filesystem } }) {
    const what = knownValue(kind);
    if (what === undefined) return { cannotTell: 'what kind of disk holds the models' };
    if (what !== 'network') return 'ok';
    return {
      seen: `The models are on ${mount}, a network file system (${filesystem}).`,
      remedy: [
        'Copy the models you use to a disk of this machine and serve them from there:',
        sh('metalyard up --model /path/on/local/disk/model.gguf'),
      ],
    };
  },
});
