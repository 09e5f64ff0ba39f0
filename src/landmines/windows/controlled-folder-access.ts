import { knownValue } from '../../contract/machine/fact.ts';
import { elevated } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const controlledFolderAccess = landmine({
  code: 'controlled-folder-access',
  title: 'Controlled Folder Access may keep Metalyard from writing',
  group: 'windows',
  severity: 'blocks',
  on: ['windows'],
  needs: ['security.controlled_folder_access'],
  reads: ['disk.data_writable'],
  means:
    'Programs that Windows does not know may not write into protected folders (Documents, Desktop and those you added).',
  story:
    'This protection against ransomware refuses writes, with an "access denied" that names nothing. Our own files are in ' +
    '%LOCALAPPDATA%\\metalyard, which is not protected unless somebody added it. A data directory or a download in Documents is.',
  sources: [unverified('EnableControlledFolderAccess: 0 off, 1 on, 2 audit; which folders are protected')],
  example: { 'os.family': 'windows', 'security.controlled_folder_access': 'on', 'disk.data_writable': false },
  counterExample: { 'os.family': 'windows', 'security.controlled_folder_access': 'audit' },
  judge({ 'security.controlled_folder_access': access }, facts) {
    if (access !== 'on') return 'ok';
    const refused = knownValue(facts['disk.data_writable']) === false;
    return {
      seen: `Controlled Folder Access is on${refused ? ', and the data directory cannot be written' : ''}.`,
      severity: refused ? 'blocks' : 'notes',
      remedy: [
        refused
          ? 'Allow Node, or keep the data directory elsewhere (--data-dir):'
          : 'Keep models and data out of Documents and Desktop, or allow Node:',
        elevated('$node = (Get-Command node).Source'),
        elevated('Add-MpPreference -ControlledFolderAccessAllowedApplications $node'),
      ],
    };
  },
});
