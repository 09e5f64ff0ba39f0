/** Disks of a Mac, the one the models are on, and files of ours that carry the quarantine mark. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Disk } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { type Mount, mountOf } from '../text/mounts.ts';
import { integer } from '../text/numbers.ts';
import { section, sections } from '../text/sections.ts';

const network = /^(nfs|smbfs|afpfs|webdav|macfuse|osxfuse)$/;

export const macosDisks: Probe = {
  name: 'macos-disks',
  title: 'disks, free space, quarantine mark',
  reads: ['mount', 'diskutil info /', 'statfs', 'xattr -p com.apple.quarantine'],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: ['disk.all', 'disk.models', 'security.quarantined'],
  async read(io) {
    const mounts = await io.run('mount', []);
    const holder = mountOf(readMacMounts(mounts.text), io.modelsPath);
    const spaces = await Promise.all(
      [...new Set(['/', holder?.mount ?? '/'])].map(async (mount) => [mount, await io.space(mount)] as const),
    );
    const disk = await io.run('diskutil', ['info', holder?.device ?? '/']);
    const marked = await Promise.all(
      [process.execPath, io.modelsPath].map(async (path) =>
        (await io.run('xattr', ['-p', 'com.apple.quarantine', path])).exitCode === 0 ? path.split('/').at(-1)! : '',
      ),
    );
    const parts = [
      `==> mount <==\n${mounts.text}`,
      `==> models <==\n${io.modelsPath}`,
      ...spaces.flatMap(([mount, space]) =>
        space === undefined ? [] : [`==> space ${mount} <==\n${space.free} ${space.total}`],
      ),
      `==> diskutil ${holder?.mount ?? '/'} <==\n${disk.text}`,
      `==> quarantined <==\n${marked.filter(Boolean).join('\n')}`,
    ];
    return [{ ...mounts, source: 'mount', text: parts.join('\n\n') }];
  },
  parse: parseWith(['disk.all'], (text, source) => {
    const all = sections(text);
    const listed = readMacMounts(section(all, 'mount') ?? text);
    if (listed.length === 0) return {};
    const told = (mount: Mount): Disk => {
      const [free, total] = section(all, `space ${mount.mount}`)?.split(' ') ?? [];
      const bytes = (value: string | undefined): Fact<number> =>
        integer(value) === undefined
          ? unknown('not-probed', 'only the disk of the models was asked', source)
          : known(integer(value)!, `statfs ${mount.mount}`);
      return {
        mount: mount.mount,
        filesystem: mount.filesystem,
        kind: kindOf(mount, section(all, `diskutil ${mount.mount}`), source),
        free_bytes: bytes(free),
        total_bytes: bytes(total),
      };
    };
    const disks = listed.filter(
      ({ mount, filesystem }) =>
        network.test(filesystem) || mount === '/' || mount === '/System/Volumes/Data' || mount.startsWith('/Volumes/'),
    );
    const facts: MutableFacts = { 'disk.all': known(disks.map(told), source) };
    const models = section(all, 'models');
    const holder = models === undefined ? undefined : mountOf(listed, models);
    if (holder !== undefined) facts['disk.models'] = known(told(holder), source);
    const marked = section(all, 'quarantined');
    if (marked !== undefined) facts['security.quarantined'] = known(lines(marked).filter(Boolean), source);
    return facts;
  }),
};

/** `/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)` */
function readMacMounts(text: string): readonly Mount[] {
  return lines(text).flatMap((line): Mount[] => {
    const match = /^(\S+) on (\/.*) \((\w+)[,)]/.exec(line);
    return match === null ? [] : [{ device: match[1]!, mount: match[2]!, filesystem: match[3]! }];
  });
}

function kindOf(mount: Mount, disk: string | undefined, source: string): Disk['kind'] {
  if (network.test(mount.filesystem)) return known('network', source);
  const solid = /^\s+Solid State:\s+(Yes|No)\s*$/m.exec(disk ?? '')?.[1];
  if (solid === undefined) return unknown('not-reported', 'diskutil does not tell', source);
  return known(solid === 'Yes' ? 'ssd' : 'rotational', 'diskutil info');
}
