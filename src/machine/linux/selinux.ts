/** SELinux as the kernel enforces it now. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type Probe } from '../probe.ts';

const path = '/sys/fs/selinux/enforce';

export const linuxSelinux: Probe = {
  name: 'linux-selinux',
  title: 'SELinux',
  reads: [path],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['security.selinux'],
  async read(io) {
    const reading = await io.file(path);
    // Without SELinux there is no such file system.
    return [reading.failure?.reason === 'absent' ? { source: path, text: 'disabled' } : reading];
  },
  parse: parseWith(['security.selinux'], (text, source) => {
    const states = { 0: 'permissive', 1: 'enforcing', disabled: 'disabled' } as const;
    const state = text.trim();
    return state in states ? { 'security.selinux': known(states[state as '0' | '1' | 'disabled'], source) } : {};
  }),
};
