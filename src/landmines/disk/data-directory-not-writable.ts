import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';

export const dataDirectoryNotWritable = landmine({
  code: 'data-directory-not-writable',
  title: 'The data directory cannot be written',
  group: 'disk',
  severity: 'blocks',
  dependsOn: ['controlled-folder-access', 'low-disk'],
  needs: ['disk.data_writable'],
  means:
    'Keys, the identity of this machine and the ledger are kept there. Neither gateway nor agent starts without it.',
  story:
    'The home directory is read-only in some containers and kiosk systems, belongs to root after a command was once run with sudo, or is on a share that is gone.',
  sources: [measured('A start with a read-only home directory', '2026-11')],
  example: { 'os.family': 'linux', 'disk.data_writable': false },
  counterExample: { 'os.family': 'linux', 'disk.data_writable': true },
  judge({ 'disk.data_writable': writable }, facts) {
    if (writable) return 'ok';
    const windows = knownValue(facts['os.family']) === 'windows';
    return {
      seen: 'A file could not be made in the data directory.',
      remedy: [
        'Name another place, on every command or once for all:',
        windows
          ? powershell('setx METALYARD_DATA_DIR C:\\metalyard')
          : sh('export METALYARD_DATA_DIR=/var/tmp/metalyard-$(id -u)'),
      ],
      effect: { kind: 'no-engine' },
    };
  },
});
