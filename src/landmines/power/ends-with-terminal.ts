import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const endsWithTerminal = landmine({
  code: 'ends-with-terminal',
  title: 'An agent started here ends with this terminal',
  group: 'power',
  severity: 'notes',
  dependsOn: ['ends-at-logout'],
  on: ['linux', 'macos'],
  needs: ['session.survives_hangup', 'session.kind'],
  reads: ['os.init'],
  means: 'When the window closes or the SSH connection drops, the system tells every program in it to end (SIGHUP).',
  story:
    'A program that is to run on must not belong to a terminal: run it as a service, or at least inside tmux. nohup alone helps against the hangup, not against the end of the login session.',
  sources: [unverified('Standard behaviour of terminals')],
  example: { 'os.family': 'linux', 'session.kind': 'ssh', 'session.survives_hangup': false, 'os.init': 'systemd' },
  counterExample: { 'os.family': 'linux', 'session.kind': 'terminal', 'session.survives_hangup': true },
  judge({ 'session.survives_hangup': survives, 'session.kind': kind }, facts) {
    if (kind === 'service' || kind === 'container') return 'not-applicable';
    if (survives) return 'ok';
    const systemd = knownValue(facts['os.init']) === 'systemd';
    return {
      seen: `This is ${kind === 'ssh' ? 'an SSH session' : 'a terminal'}, and nothing here ignores its hangup.`,
      remedy: [
        'To let it run on:',
        systemd ? sh('systemd-run --user --unit=metalyard metalyard up') : sh('tmux new -d -s metalyard metalyard up'),
      ],
    };
  },
});
