import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { capture, thread } from '../sources.ts';

export const endsAtLogout = landmine({
  code: 'ends-at-logout',
  title: 'Services of this user end when the user logs out',
  group: 'power',
  severity: 'warns',
  on: ['linux'],
  needs: ['session.linger', 'os.init'],
  reads: ['session.kind'],
  means:
    'An agent run as a user service, or left behind in an SSH session, is stopped at logout. "Lingering" lets it run from boot on.',
  story:
    'systemd keeps the services of a user while that user is logged in. Lingering, which a user may mostly turn on for itself, starts ' +
    'them with the machine and keeps them. A process whose control group is session-N.scope belongs to one login and goes with it.',
  sources: [capture('/proc/self/cgroup of an SSH session', '2021-08'), thread('containers/podman', 11197, '2021-08')],
  example: { 'os.family': 'linux', 'os.init': 'systemd', 'session.kind': 'ssh', 'session.linger': false },
  counterExample: { 'os.family': 'linux', 'os.init': 'systemd', 'session.kind': 'ssh', 'session.linger': true },
  judge({ 'session.linger': linger, 'os.init': init }, facts) {
    if (init !== 'systemd') return 'not-applicable';
    if (linger) return 'ok';
    const ssh = knownValue(facts['session.kind']) === 'ssh';
    return {
      seen: `Lingering is off for this user${ssh ? ', and this is an SSH session' : ''}.`,
      severity: ssh ? 'warns' : 'notes',
      remedy: ['Turn it on (no root is needed on most systems):', sh('loginctl enable-linger')],
    };
  },
});
