/**
 * What only WSL has: the paravirtual GPU, a Linux driver that hides the Windows one, the settings of
 * the virtual machine, the address of the Windows side (Microsoft's WSL documentation).
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { section, sections } from '../text/sections.ts';
import { v4Gateway } from './network.ts';

const userSpace = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib/aarch64-linux-gnu'];

export const linuxWsl: Probe = {
  name: 'linux-wsl',
  title: 'WSL: GPU device, driver, settings, address of Windows',
  reads: [
    '/dev/dxg',
    '/usr/lib/wsl/lib',
    'libnvidia-ml.so.* in the library folders',
    '/etc/wsl.conf',
    'C:\\Users\\*\\.wslconfig',
  ],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs * 2,
  facts: ['wsl.gpu_device', 'wsl.linux_driver_installed', 'wsl.config', 'wsl.host_address'],
  async read(io) {
    const kernel = await io.file('/proc/sys/kernel/osrelease');
    if (!/microsoft/i.test(kernel.text) && io.env.WSL_INTEROP === undefined) return [];
    const there = await io.existing(['/dev/dxg', '/usr/lib/wsl/lib/libcuda.so.1', '/usr/lib/wsl/lib/nvidia-smi']);
    // Windows' files are mounted elsewhere; one with a version here came from a Linux driver package.
    const foreign = await Promise.all(
      userSpace.map(async (folder) =>
        (await io.names(folder)).filter((name) => /^libnvidia-ml\.so\.\d+\.\d/.test(name)),
      ),
    );
    const homes = (await io.names('/mnt/c/Users')).map((name) => `/mnt/c/Users/${name}/.wslconfig`);
    const configs = await io.files('.wslconfig', homes);
    const text = [
      `==> wsl <==\n${there.join('\n')}\n`,
      `==> linux driver <==\n${foreign.flat().join('\n')}\n`,
      `==> /proc/net/route <==\n${(await io.file('/proc/net/route')).text}\n`,
      // Without the path, which has the user's name.
      `==> .wslconfig <==\n${sections(configs.text)[0]?.text ?? ''}\n`,
      `==> /etc/wsl.conf <==\n${(await io.file('/etc/wsl.conf')).text}\n`,
    ];
    return [{ source: 'WSL', text: text.join('\n') }];
  },
  parse: parseWith([], (text, source) => {
    const all = sections(text);
    const facts: MutableFacts = {};
    const there = section(all, 'wsl');
    if (there !== undefined) facts['wsl.gpu_device'] = known(lines(there).includes('/dev/dxg'), source);
    const driver = section(all, 'linux driver');
    if (driver !== undefined)
      facts['wsl.linux_driver_installed'] = known(driver.startsWith('libnvidia-ml.so.'), source);
    const gateway = v4Gateway(section(all, 'net/route') ?? '');
    if (gateway !== undefined && gateway !== '0.0.0.0') facts['wsl.host_address'] = known(gateway, source);
    const config = { ...settings(section(all, 'wsl.conf')), ...settings(section(all, '.wslconfig') ?? plainIni(text)) };
    if (Object.keys(config).length > 0) facts['wsl.config'] = known(config, source);
    return facts;
  }),
};

/** A pasted .wslconfig. */
const plainIni = (text: string): string | undefined => (/^\[(wsl2|experimental)\]\s*$/m.test(text) ? text : undefined);

/** `[wsl2]` `memory=8GB` becomes `wsl2.memory`; comments and continued lines are left out. */
function settings(text = ''): Record<string, string> {
  const found: Record<string, string> = {};
  let group = '';
  for (const line of lines(text)) {
    group = /^\s*\[(\w+)\]\s*$/.exec(line)?.[1]?.toLowerCase() ?? group;
    const pair = /^\s*(\w+)\s*=\s*([^#]*?)\s*$/.exec(line);
    if (group !== '' && pair !== null) found[`${group}.${pair[1]}`] = pair[2]!;
  }
  return found;
}
