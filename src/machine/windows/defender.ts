/**
 * Microsoft Defender. With another antivirus it stands aside while all its flags stay true: only the
 * running mode tells. Exclusions are shown to administrators only.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import type { FactTable } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, parseJson, text as textOf } from '../text/json.ts';
import { powershell } from './powershell.ts';

const label = 'Get-MpComputerStatus, Get-MpPreference';
const script =
  '@{AMRunningMode=(Get-MpComputerStatus).AMRunningMode;preference=(Get-MpPreference|Select ExclusionPath,EnableControlledFolderAccess)}|ConvertTo-Json -Depth 4 -Compress';

/** Values of AMRunningMode; they are not translated. */
const modes: Readonly<Record<string, FactTable['security.defender_mode']>> = {
  Normal: 'normal',
  'Passive Mode': 'passive',
  'SxS Passive Mode': 'passive',
  'EDR Block Mode': 'passive',
  'Not running': 'off',
};
const folderAccess = ['off', 'on', 'audit'] as const;

export const windowsDefender: Probe = {
  name: 'windows-defender',
  title: 'Microsoft Defender, its exclusions, controlled folder access',
  reads: [label],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['security.defender_mode', 'security.defender_exclusions', 'security.controlled_folder_access'],
  read: async (io) => [await powershell(io, label, script)],
  parse: parseWith(['security.defender_mode'], (text, source) => {
    // The service is off: another antivirus has taken over.
    if (/\b0x800106ba\b/i.test(text)) return { 'security.defender_mode': known('off', source) };
    const report = parseJson(text);
    if (!isObject(report)) return {};
    const facts: MutableFacts = {};
    const mode = textOf(report.AMRunningMode);
    if (mode !== undefined)
      facts['security.defender_mode'] = known(Object.hasOwn(modes, mode) ? modes[mode]! : 'other', source);
    const preference = isObject(report.preference) ? report.preference : report;
    const access = preference.EnableControlledFolderAccess;
    const state = typeof access === 'number' ? folderAccess[access] : undefined;
    if (state !== undefined) facts['security.controlled_folder_access'] = known(state, source);
    if ('ExclusionPath' in preference) {
      const paths = [preference.ExclusionPath].flat().filter((path): path is string => typeof path === 'string');
      facts['security.defender_exclusions'] = paths.some((path) => path.startsWith('N/A'))
        ? unknown('denied', 'only an administrator sees the exclusions', source)
        : known(paths, source);
    }
    return facts;
  }),
};
