/** Darwin's release, which tells the version of macOS: 20 to 24 are 11 to 15, 25 is 26. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';

export const macosKernel: Probe = {
  name: 'macos-kernel',
  title: 'Darwin and macOS version',
  reads: ['uname -sr'],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: ['os.kernel', 'os.version', 'os.distribution'],
  read: async (io) => [await io.run('uname', ['-sr'])],
  parse: parseWith(['os.kernel'], (text, source) => {
    const match = /^Darwin (?:\S+ )?(\d{2})\.(\d{1,2})\.(\d{1,2})$/m.exec(text.trim());
    if (match === null) return {};
    const [, major, minor, patch] = match.map(Number) as [number, number, number, number];
    const facts: MutableFacts = {
      'os.kernel': known(`${major}.${minor}.${patch}`, source),
      'os.distribution': known('macos', source),
    };
    const macos = major >= 25 ? major + 1 : major - 9;
    // Late in a year several updates share one minor number of Darwin.
    if (major >= 20) facts['os.version'] = known(minor <= 5 ? `${macos}.${minor}` : `${macos}`, source);
    return facts;
  }),
};
