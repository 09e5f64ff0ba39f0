/** What to type, or to change in which file. */
import type { Command } from '../../contract/machine/finding.ts';
import { shellText, usualShell } from '../shell-text.ts';
import type { Place } from './layers.ts';

export type Remedy = string | Command;

export const command = (text: string, platform: NodeJS.Platform): Command => ({
  text,
  shell: platform === 'win32' ? 'powershell' : 'sh',
});

export const give = (place: Place, value: string, platform: NodeJS.Platform): Remedy =>
  place.kind === 'variable'
    ? command(shellText(usualShell(platform), [[place.name, value]]), platform)
    : `Set ${place.key} in ${place.holder} to ${value}`;

export const remove = (place: Place, platform: NodeJS.Platform): Remedy =>
  place.kind === 'variable'
    ? command(shellText(usualShell(platform), [], [place.name]), platform)
    : `Remove ${place.key} from ${place.holder}`;
