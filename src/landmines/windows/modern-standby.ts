import { powershell } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread, vendor } from '../sources.ts';

export const modernStandby = landmine({
  code: 'modern-standby',
  title: 'Modern Standby: asleep, this PC may half run',
  group: 'windows',
  severity: 'notes',
  on: ['windows'],
  needs: ['power.modern_standby'],
  means:
    'With the screen off it may go on running, run slowly, or lose the network. The agent reconnects when it wakes; what ran in between is moved.',
  story:
    'Newer laptops and some desktops have no classic sleep (S3) but a low-power idle (S0) in which programs are slowed or stopped as ' +
    'Windows sees fit. No program is told when that begins; a gap in the monotonic clock tells afterwards. Whether a PC has it is read from ' +
    'the list of available states of powercfg /a: its name also stands in the list of states that are not available.',
  belief: {
    held: 'Without the High Performance plan this PC is slow.',
    found: 'Modern Standby PCs offer Balanced alone. What matters is the charger and the battery saver.',
  },
  sources: [
    vendor('MicrosoftDocs/win32: power policy settings on Modern Standby systems', '2026-08'),
    capture('powercfg /a of an S0 laptop and of an S3 desktop', '2026-08'),
    thread('microsoft/PowerToys', 23806, '2023-02'),
  ],
  example: { 'os.family': 'windows', 'power.modern_standby': true },
  counterExample: { 'os.family': 'windows', 'power.modern_standby': false },
  judge({ 'power.modern_standby': modern }) {
    if (!modern) return 'ok';
    return {
      seen: 'powercfg lists "Standby (S0 Low Power Idle)" as available.',
      remedy: [
        'To serve at night, keep it on the charger and awake:',
        powershell('powercfg /change standby-timeout-ac 0'),
      ],
    };
  },
});
