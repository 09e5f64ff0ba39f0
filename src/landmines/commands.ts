/** Commands of a remedy, by the shell they are for. */
import type { Command } from '../contract/machine/finding.ts';

export const sh = (text: string): Command => ({ shell: 'sh', text });
export const sudo = (text: string): Command => ({ shell: 'sh', text: `sudo ${text}`, privileged: true });
export const powershell = (text: string): Command => ({ shell: 'powershell', text });
/** In a PowerShell that was started as administrator. */
export const elevated = (text: string): Command => ({ shell: 'powershell', text, privileged: true });
