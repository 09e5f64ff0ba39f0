import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';

export const noSystemd = landmine({
  code: 'no-systemd',
  title: 'This Linux does not run systemd',
  group: 'power',
  severity: 'notes',
  on: ['linux'],
  needs: ['os.init', 'os.container'],
  means: 'Everything works; starting the agent at boot and keeping the machine awake have to be set up in its own way.',
  story:
    'OpenRC, runit, dinit, s6 and Shepherd have their own ways to run a program as a service. What works everywhere is a line in the ' +
    'crontab of the user. The name of a distribution does not tell its init; the running system does.',
  sources: [
    capture('os-release of Alpine, Gentoo, Void and Guix', '2026-01'),
    unverified('User services of OpenRC since 0.60'),
  ],
  example: { 'os.family': 'linux', 'os.container': 'none', 'os.init': 'openrc' },
  counterExample: { 'os.family': 'linux', 'os.container': 'none', 'os.init': 'systemd' },
  judge({ 'os.init': init, 'os.container': container }) {
    // A container has no init and needs none.
    if (container !== 'none') return 'not-applicable';
    if (init === 'systemd') return 'ok';
    return {
      seen: `The init system is ${init === 'other' ? 'none that we know' : init}.`,
      remedy: ['To start with the machine, add this line by crontab -e:', sh('@reboot metalyard up')],
    };
  },
});
