import { knownValue } from '../../contract/machine/fact.ts';
import { elevated, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { measured, unverified } from '../sources.ts';
import { duration } from '../words.ts';

/** Certificates and logs bear this much; nothing of ours compares two clocks. */
const harmlessMs = 30_000;

export const clockSkew = landmine({
  code: 'clock-skew',
  title: 'The clock of this machine is wrong',
  group: 'network',
  severity: 'warns',
  needs: ['clock.offset_ms'],
  reads: ['clock.synchronised', 'os.family', 'os.wsl'],
  means:
    'Work is not affected: we measure durations only. But logs do not line up, and far off, certificates count as expired.',
  story:
    'Leases and deadlines are measured by whoever waits, so a wrong clock moves no work. What suffers is everything that compares ' +
    'dates: TLS certificates, package managers, your own reading of two logs. WSL and virtual machines fall behind when their host sleeps. ' +
    'The gateway tells its time when a link begins, and the agent takes the middle of the round trip; from then on it watches how its own clock is set.',
  sources: [
    measured('No message of the link carries a time of day; see docs/protocol.md', '2026-11'),
    unverified('WSL falling behind after sleep'),
  ],
  example: { 'os.family': 'linux', 'clock.offset_ms': 5_400_000, 'clock.synchronised': false },
  counterExample: { 'os.family': 'linux', 'clock.offset_ms': 120, 'clock.synchronised': true },
  judge({ 'clock.offset_ms': offset }, facts) {
    if (Math.abs(offset) < harmlessMs) return 'ok';
    const set = knownValue(facts['clock.synchronised']);
    const system = knownValue(facts['os.family']);
    return {
      seen:
        `This clock is ${duration(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} that of the gateway` +
        `${set === false ? ', and is not set over the network' : ''}.`,
      remedy: [
        'Have it set over the network:',
        system === 'windows'
          ? elevated('Start-Service w32time; w32tm /resync')
          : sudo(
              system === 'macos'
                ? 'sntp -sS time.apple.com'
                : (knownValue(facts['os.wsl']) ?? 0) > 0
                  ? 'hwclock -s'
                  : 'timedatectl set-ntp true',
            ),
      ],
    };
  },
});
