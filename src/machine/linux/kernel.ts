/**
 * The kernel's release, and whether it is the one of WSL. Microsoft's kernels name themselves;
 * `4.4.0-*-Microsoft` is WSL1, which has no Linux kernel and no GPU (Microsoft's WSL documentation).
 * The GPU itself shows as /dev/dxg.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { section, sections } from '../text/sections.ts';

const release = '/proc/sys/kernel/osrelease';
const hints = ['/run/WSL', '/dev/dxg'];

export const linuxKernel: Probe = {
  name: 'linux-kernel',
  title: 'kernel release; WSL1 or WSL2',
  reads: [release, ...hints, '/proc/version (only when given to `probe replay`)'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['os.kernel', 'os.wsl'],
  async read(io) {
    const kernel = await io.file(release);
    const there = await io.existing(hints);
    const interop = io.env.WSL_INTEROP === undefined ? [] : ['WSL_INTEROP'];
    return [kernel, { source: 'WSL markers', text: `==> markers <==\n${[...there, ...interop].join('\n')}` }];
  },
  parse: (readings) => {
    const facts = parseKernel(readings);
    const markers = readings.flatMap(({ text }) => section(sections(text), 'markers')?.split('\n') ?? []);
    const wsl = facts['os.wsl'];
    // A kernel somebody built for WSL has another name, but WSL's files are there.
    const custom = wsl?.known === true && wsl.value === 0 && markers.some((each) => /WSL/.test(each));
    return custom ? { ...facts, 'os.wsl': known(2, 'WSL markers') } : facts;
  },
};

/** Also reads `/proc/version` and `uname -r`. */
const parseKernel = parseWith(['os.kernel', 'os.wsl'], (text, source) => {
  const kernel = /^(?:Linux version )?(\d+\.\d+[\w.+~-]*)/.exec(text.trim())?.[1];
  if (kernel === undefined) return {};
  const facts: MutableFacts = { 'os.kernel': known(kernel, source) };
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const old = major < 4 || (major === 4 && minor < 19);
  const wsl = !/microsoft/i.test(kernel) ? 0 : old ? 1 : 2;
  return { ...facts, 'os.wsl': known(wsl, source) };
});
