import { landmine } from '../landmine.ts';
import { capture, thread } from '../sources.ts';

export const otherAntivirus = landmine({
  code: 'other-antivirus',
  title: 'Another virus scanner has taken the place of Defender',
  group: 'windows',
  severity: 'notes',
  on: ['windows'],
  needs: ['security.defender_mode'],
  means: 'Should engines be deleted, refused or slow to start, look into that scanner: we cannot read its settings.',
  story:
    'With another scanner installed, Defender stands down: its mode reads passive, or its service does not run and answers 0x800106ba. ' +
    "Commands for Defender's exclusions then fail or have no effect.",
  sources: [
    capture('Add-MpPreference with 0x800106ba beside Symantec Endpoint Protection', '2017-09'),
    thread('MultiPoolMiner/MultiPoolMiner', 351, '2017-09'),
  ],
  example: { 'os.family': 'windows', 'security.defender_mode': 'passive' },
  counterExample: { 'os.family': 'windows', 'security.defender_mode': 'normal' },
  judge({ 'security.defender_mode': mode }) {
    if (mode !== 'passive' && mode !== 'off') return 'ok';
    return {
      seen: `Defender is ${mode === 'off' ? 'not running' : 'in passive mode'}.`,
      remedy: [
        'Nothing need be done. If an engine fails to start, allow node.exe and the folder of Metalyard in the other scanner.',
      ],
    };
  },
});
