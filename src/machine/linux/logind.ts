/** Is the clock set by the network, and does some program keep the machine awake? systemd's own machine-readable answers. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, parseJson } from '../text/json.ts';

export const linuxLogind: Probe = {
  name: 'linux-logind',
  title: 'clock set by the network, sleep held off',
  reads: ['timedatectl show --property=NTPSynchronized', 'busctl --json=short call ... ListInhibitors'],
  platforms: ['linux'],
  timeoutMs: toolTimeoutMs,
  facts: ['clock.synchronised', 'power.sleep_inhibited'],
  async read(io) {
    // Both start services on a machine that runs systemd, and wait in vain on one that does not.
    if ((await io.existing(['/run/systemd/system'])).length === 0) {
      const failure = { reason: 'absent', detail: 'systemd does not run here' } as const;
      return [{ source: 'timedatectl show', text: '', failure }];
    }
    return Promise.all([
      io.run('timedatectl', ['show', '--property=NTPSynchronized'], 5_000),
      io.run(
        'busctl',
        [
          '--json=short',
          'call',
          'org.freedesktop.login1',
          '/org/freedesktop/login1',
          'org.freedesktop.login1.Manager',
          'ListInhibitors',
        ],
        5_000,
      ),
    ]);
  },
  parse: parseWith(['clock.synchronised'], (text, source) => {
    const facts: MutableFacts = {};
    const synchronised = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
    if (synchronised !== undefined) facts['clock.synchronised'] = known(synchronised === 'yes', source);
    const answer = parseJson(text);
    const rows = isObject(answer) && Array.isArray(answer.data) ? answer.data[0] : undefined;
    if (Array.isArray(rows)) {
      // [what, who, why, mode, uid, pid]; `delay` only holds sleep off for seconds.
      const blocked = rows.some(
        (row) => Array.isArray(row) && row[3] === 'block' && /\b(sleep|idle)\b/.test(String(row[0])),
      );
      facts['power.sleep_inhibited'] = known(blocked, source);
    }
    return facts;
  }),
};
