import type { Command } from '../../contract/machine/finding.ts';
import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const batterySaver = landmine({
  code: 'battery-saver',
  title: 'A power saving mode is on',
  group: 'power',
  severity: 'slows',
  dependsOn: ['on-battery', 'power-saver-plan'],
  needs: ['power.saver', 'os.family'],
  means: 'It lowers clocks and holds background programs back, the agent among them.',
  story:
    'Windows calls it battery saver or energy saver, macOS low power mode, Linux the profile power-saver. Some switch it on by themselves when the battery is low and leave it on.',
  sources: [unverified('How much speed each costs; what this machine loses shows in slower-than-before')],
  example: { 'os.family': 'macos', 'power.saver': true },
  counterExample: { 'os.family': 'macos', 'power.saver': false },
  judge({ 'power.saver': saver, 'os.family': system }) {
    if (!saver) return 'ok';
    const off: Record<typeof system, readonly (string | Command)[]> = {
      linux: ['Switch to the balanced profile:', sh('powerprofilesctl set balanced')],
      macos: ['Switch low power mode off:', sudo('pmset -a lowpowermode 0')],
      windows: ['Settings > System > Power & battery > Energy saver: off'],
    };
    return { seen: 'The power saving mode of the system is on.', remedy: off[system], effect: { kind: 'last-resort' } };
  },
});
