import { knownValue } from '../../contract/machine/fact.ts';
import { elevated } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';

export const defenderScansModels = landmine({
  code: 'defender-scans-models',
  title: 'Windows Defender reads every model when it is first opened',
  group: 'windows',
  severity: 'notes',
  on: ['windows'],
  needs: ['security.defender_mode'],
  reads: ['security.defender_exclusions'],
  means:
    'The first load of a model file can be much slower than the next ones. If yours is not, leave everything as it is.',
  story:
    'Real-time protection looks at files when they are opened, and model files are large. How long it takes depends on disk and processor; ' +
    'we measure first and later loads instead of guessing. We never add an exclusion ourselves: it makes the system less safe, and that is ' +
    'the owner\'s choice. Whether Defender is at work at all is told by AMRunningMode alone: in passive mode every other switch still says "true".',
  sources: [
    capture('Get-MpComputerStatus in passive mode', '2026-08'),
    unverified('Exclusions cannot be read without administrator rights on current Windows 11'),
  ],
  example: { 'os.family': 'windows', 'security.defender_mode': 'normal', 'security.defender_exclusions': [] },
  counterExample: { 'os.family': 'windows', 'security.defender_mode': 'passive' },
  judge({ 'security.defender_mode': mode }, facts) {
    if (mode !== 'normal') return 'ok';
    const exclusions = knownValue(facts['security.defender_exclusions']);
    if (exclusions?.some((path) => /model|gguf|\.cache|metalyard/i.test(path))) return 'ok';
    return {
      seen: `Defender runs in normal mode${exclusions === undefined ? '; its exclusions cannot be read' : ', without an exclusion for models'}.`,
      remedy: [
        'Only if first loads are too slow, and only for the folder of your models:',
        elevated('$models = "$env:LOCALAPPDATA\\metalyard\\models"'),
        elevated('Add-MpPreference -ExclusionPath $models'),
        'To take it back:',
        elevated('Remove-MpPreference -ExclusionPath $models'),
      ],
    };
  },
});
