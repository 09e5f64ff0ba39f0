/**
 * How this process lives: started over ssh, in a desktop, as a service; does it survive logout? A
 * `session-N.scope` ends with the login unless the user lingers (systemd's logind documentation).
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { section, sections } from '../text/sections.ts';

export const linuxSession: Probe = {
  name: 'linux-session',
  title: 'ssh, desktop or service; does it survive logout',
  reads: ['/proc/self/cgroup', '/proc/self/status', '/var/lib/systemd/linger', '$SSH_CONNECTION', '$DISPLAY'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['session.kind', 'session.linger', 'session.survives_hangup'],
  async read(io) {
    const seen = [
      ...['SSH_CONNECTION', 'DISPLAY', 'WAYLAND_DISPLAY', 'INVOCATION_ID'].filter((name) => io.env[name] !== undefined),
      ...(process.stdin.isTTY === true ? ['terminal'] : []),
    ];
    const user = io.env.USER ?? io.env.LOGNAME;
    const folder = '/var/lib/systemd/linger';
    const lingering = await io.existing(user === undefined ? [folder] : [folder, `${folder}/${user}`]);
    // Only whether this user lingers, without the name.
    const linger =
      lingering.length === 0 ? [] : [`==> linger <==\n${lingering.some((path) => path !== folder) ? 'yes' : 'no'}`];
    return [
      await io.files('/proc/self', ['/proc/self/cgroup', '/proc/self/status']),
      { source: 'environment', text: ['==> seen <==', ...seen, ...linger].join('\n') },
    ];
  },
  parse: parseWith([], parseText),
};

function parseText(text: string, source: string): MutableFacts {
  const all = sections(text);
  const facts: MutableFacts = {};
  const seen = section(all, 'seen');
  const group = section(all, 'self/cgroup') ?? text;
  const scope = /\/session-[\w]+\.scope\b/.test(group);
  const service = /\/(system\.slice|app\.slice)\/[^\n]*\.service\b/.test(group);
  const set = new Set(lines(seen ?? ''));
  if (set.has('SSH_CONNECTION')) facts['session.kind'] = known('ssh', source);
  else if (service || set.has('INVOCATION_ID')) facts['session.kind'] = known('service', source);
  else if (set.has('DISPLAY') || set.has('WAYLAND_DISPLAY')) facts['session.kind'] = known('desktop', source);
  else if (scope || set.has('terminal')) facts['session.kind'] = known('terminal', source);
  const linger = section(all, 'linger');
  if (linger !== undefined) facts['session.linger'] = known(linger === 'yes', source);
  // Signal 1, SIGHUP, is the lowest bit.
  const ignored = /^SigIgn:\s*([0-9a-f]{16})$/m.exec(section(all, 'self/status') ?? '')?.[1];
  if (ignored !== undefined) {
    const nohup = (Number.parseInt(ignored.slice(-1), 16) & 1) === 1;
    facts['session.survives_hangup'] = known(nohup || (service && !scope), source);
  }
  return facts;
}
