import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';

export const machineKeyShared = landmine({
  code: 'machine-key-shared',
  title: 'Two programs use the key of one machine',
  group: 'network',
  severity: 'breaks',
  needs: ['link.second_program'],
  means:
    'The program that was linked first is served, the other is refused. Whoever has the key can take the place of the machine once it is away, and reads the prompts that are sent to it.',
  story:
    'A machine is known by the key in its data directory. A disk that was cloned, a container image with the directory in it, a backup that was ' +
    'restored on a second computer, or somebody who stole the file: all of them show the same key. Each start of an agent tells the gateway a random ' +
    'name of its own, so the gateway sees that the second one is another program. It asks the first for a sign of life: while one comes the second is refused, and tries ' +
    'again every half minute; when none comes, the second is an agent that was started again, and is let in.',
  sources: [measured('Two agents with one key at one gateway: a test does it', '2026-11')],
  example: { 'link.second_program': '192.168.1.23' },
  counterExample: { 'link.second_program': '' },
  judge({ 'link.second_program': address }) {
    if (address === '') return 'ok';
    return {
      seen: `While the machine was linked another program came from ${address} with the same key.`,
      remedy: [
        'Where a disk was copied: on the copy delete machine-key.pem and joined-gateway.json in its data directory, and join it with a line of its own:',
        sh('metalyard token create'),
        'Where you do not know that address: remove the machine, which ends the key for good, delete both files on it, and join it again:',
        sh('metalyard machines rm MACHINE'),
      ],
    };
  },
});
