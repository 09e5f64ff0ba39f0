import { knownValue } from '../../contract/machine/fact.ts';
import type { Command } from '../../contract/machine/finding.ts';
import { powershell, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';
import { counted } from '../words.ts';

export const machineSleeps = landmine({
  code: 'machine-sleeps',
  title: 'The machine goes to sleep when nobody uses it',
  group: 'power',
  severity: 'warns',
  needs: ['power.sleep_after_min', 'os.family'],
  reads: ['power.sleep_inhibited', 'power.source'],
  means: 'Asleep it answers nothing. On the charger it is kept awake while it serves a request, not between requests.',
  story:
    'A request that arrives while a machine sleeps goes to another one, or waits in vain when there is none. While it serves, the agent asks the ' +
    'system not to sleep (macOS caffeinate, Linux systemd-inhibit, Windows an execution state); closing the lid sleeps all the same.',
  sources: [
    capture('pmset -g assertions with what caffeinate registers', '2026-08'),
    unverified('caffeinate on macOS 26; Windows limits such requests on battery'),
  ],
  example: { 'os.family': 'macos', 'power.sleep_after_min': 10, 'power.source': 'ac' },
  counterExample: { 'os.family': 'macos', 'power.sleep_after_min': 0 },
  judge({ 'power.sleep_after_min': minutes, 'os.family': system }, facts) {
    if (minutes <= 0 || knownValue(facts['power.sleep_inhibited']) === true) return 'ok';
    const stayAwake: Record<typeof system, Command> = {
      linux: sudo('systemctl mask sleep.target suspend.target'),
      macos: sudo('pmset -c sleep 0'),
      windows: powershell('powercfg /change standby-timeout-ac 0'),
    };
    return {
      seen: `It sleeps after ${counted(minutes, 'minute')} of idleness${knownValue(facts['power.source']) === 'battery' ? ' (on battery)' : ''}.`,
      remedy: ['If it is to serve at any hour, on the charger:', stayAwake[system]],
    };
  },
});
