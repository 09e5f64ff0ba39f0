/** What starts services here, by the folders each init system makes at boot. */
import { known } from '../../contract/machine/fact.ts';
import type { InitSystem } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type Probe } from '../probe.ts';
import { lines } from '../text/lines.ts';

const signs: readonly (readonly [string, InitSystem])[] = [
  ['/run/systemd/system', 'systemd'],
  ['/run/openrc', 'openrc'],
  ['/run/runit', 'runit'],
  ['/run/dinitctl', 'dinit'],
  ['/run/s6', 's6'],
  ['/run/s6-rc', 's6'],
  ['/var/run/shepherd/socket', 'shepherd'],
  ['/run/shepherd/socket', 'shepherd'],
];

export const linuxInit: Probe = {
  name: 'linux-init',
  title: 'init system',
  reads: signs.map(([path]) => path),
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['os.init'],
  async read(io) {
    const there = await io.existing(signs.map(([path]) => path));
    const first = await io.file('/proc/1/comm');
    return [{ source: 'ls -d /run/*', text: [...there, `pid 1: ${first.text.trim()}`].join('\n') }];
  },
  parse: parseWith(['os.init'], (text, source) => {
    const present = new Set(lines(text).map((line) => line.trim().replace(/\/$/, '')));
    const sign = signs.find(([path]) => present.has(path));
    if (sign !== undefined) return { 'os.init': known(sign[1], source) };
    // Some other program is process 1: a container's entry point, an init we do not know.
    return present.size > 0 && text.trim() !== '' ? { 'os.init': known('other', source) } : {};
  }),
};
