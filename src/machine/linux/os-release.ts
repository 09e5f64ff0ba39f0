/** `/etc/os-release`: which distribution. It says neither the C library nor the init system. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { record } from '../text/key-values.ts';

const paths = ['/etc/os-release', '/usr/lib/os-release'];

export const linuxOsRelease: Probe = {
  name: 'linux-os-release',
  title: 'distribution and its version',
  reads: paths,
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['os.distribution', 'os.version'],
  async read(io) {
    const first = await io.file(paths[0]!);
    return first.failure === undefined ? [first] : [await io.file(paths[1]!)];
  },
  parse: parseWith(['os.distribution', 'os.version'], (text, source) => {
    const values = record(text, '=');
    const facts: MutableFacts = {};
    const id = unquoted(values.ID);
    // Rolling distributions have none, or a placeholder; that is a fact of theirs and stays unknown.
    const version = unquoted(values.VERSION_ID);
    if (/^[a-z0-9._-]+$/.test(id)) facts['os.distribution'] = known(id, source);
    if (/^v?\d[\w.~+-]*$/.test(version)) facts['os.version'] = known(version, source);
    return facts;
  }),
};

const unquoted = (value = ''): string => value.replace(/^(["'])(.*)\1$/, '$2');
