/**
 * Disks: what they are, how much is free, and the file system the models are on, by its type in
 * mountinfo and not by the name of the path (WSL shows Windows drives as 9p, drvfs or virtiofs).
 */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Disk } from '../../contract/machine/facts.ts';
import type { ProbeIo } from '../io/probe-io.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { type Reading, unknownFrom } from '../reading.ts';
import { type Mount, mountOf, readMounts } from '../text/mounts.ts';
import { integer } from '../text/numbers.ts';
import { type Section, section, sections } from '../text/sections.ts';
import { tidyReadings } from '../text/tidy.ts';

const source = '/proc/self/mountinfo';
/** Real storage; the rest (proc, cgroup, tmpfs, snap images) holds no models. */
const storage = /^(ext[234]|xfs|btrfs|f2fs|zfs|bcachefs|jfs|reiserfs|ntfs3?|exfat|vfat|fuseblk|overlay)$/;
const network = /^(nfs4?|cifs|smb3?|smbfs|9p|drvfs|virtiofs|fuse\.(sshfs|rclone|s3fs)|ceph|glusterfs|afs)$/;

export const linuxDisks: Probe = {
  name: 'linux-disks',
  title: 'disks, free space, file system of the models',
  reads: [source, '/sys/dev/block/*/{,../}queue/rotational', 'statfs'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs * 2,
  facts: ['disk.all', 'disk.models'],
  async read(io) {
    const mounts = await io.files(source, [source]);
    if (mounts.failure !== undefined) return [mounts];
    return [mounts, ...(await spaceOf(io, mounts.text))];
  },
  parse(given) {
    const readings = tidyReadings(given);
    const [first] = readings;
    if (first === undefined) return {};
    const text = readings.map((reading) => reading.text).join('\n');
    const all = sections(text);
    const listed = readMounts(section(all, 'mountinfo') ?? text);
    if (listed.length === 0) return { 'disk.all': unknownFrom(first) };
    const disks = wanted(listed).map((mount) => disk(mount, all, first));
    const facts: MutableFacts = { 'disk.all': known(disks, first.source) };
    const models = section(all, 'models');
    const holder = models === undefined ? undefined : mountOf(listed, models);
    if (holder !== undefined) facts['disk.models'] = known(disk(holder, all, first), first.source);
    return facts;
  },
};

/** Each device once, at its shortest path. */
function wanted(mounts: readonly Mount[]): readonly Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const each of mounts) {
    if (!storage.test(each.filesystem) && !network.test(each.filesystem)) continue;
    // Single files that a container runtime mounts are no disks.
    if (/^\/(etc|proc|sys)\//.test(each.mount) || each.mount.startsWith('/snap/')) continue;
    const key = each.number ?? each.device;
    const before = byDevice.get(key);
    if (before === undefined || each.mount.length < before.mount.length) byDevice.set(key, each);
  }
  return [...byDevice.values()].slice(0, 32);
}

/** The text asked of each disk: `==> space <==` with the path, free and total bytes. */
async function spaceOf(io: ProbeIo, text: string): Promise<readonly Reading[]> {
  const listed = readMounts(section(sections(text), 'mountinfo') ?? text);
  const holder = mountOf(listed, io.modelsPath);
  const asked = [...new Set([...wanted(listed), ...(holder === undefined ? [] : [holder])])];
  const readings: Reading[] = [{ source: 'models', text: `==> models <==\n${io.modelsPath}\n` }];
  await Promise.all(
    asked.map(async ({ mount, number }) => {
      const space = await io.space(mount);
      if (space !== undefined)
        readings.push({ source: mount, text: `==> space ${mount} <==\n${space.free} ${space.total}\n` });
      if (number === undefined || number.startsWith('0:')) return;
      const folder = `/sys/dev/block/${number}`;
      const target = await io.link(folder);
      const device = target?.split('/').find((part) => /^(sd|nvme\d+n|vd|xvd|mmcblk|hd|dm-|md)/.test(part)) ?? '';
      const queue = await io.files(folder, [`${folder}/queue/rotational`, `${folder}/../queue/rotational`]);
      readings.push({
        source: folder,
        text: `==> device ${number} <==\n${device}\n${queue.text.split('\n')[1] ?? ''}\n`,
      });
    }),
  );
  return readings;
}

function disk(mount: Mount, all: readonly Section[], reading: Reading): Disk {
  const space = section(all, `space ${mount.mount}`)?.split(' ');
  const bytes = (text: string | undefined): Fact<number> => {
    const value = integer(text);
    return value === undefined ? unknownFrom({ ...reading, text: '' }) : known(value, `statfs ${mount.mount}`);
  };
  return {
    mount: mount.mount,
    filesystem: mount.filesystem,
    kind: kindOf(mount, section(all, `device ${mount.number}`)),
    free_bytes: bytes(space?.[0]),
    total_bytes: bytes(space?.[1]),
  };
}

function kindOf(mount: Mount, device: string | undefined): Disk['kind'] {
  if (network.test(mount.filesystem)) return known('network', source);
  const [name = '', rotational = ''] = device?.split('\n') ?? [];
  if (name.startsWith('nvme')) return known('nvme', '/sys/dev/block');
  // A hypervisor's disk says rotational or not as it pleases.
  if (/^(vd|xvd)/.test(name)) return known('virtual', '/sys/dev/block');
  if (rotational === '1') return known('rotational', '/sys/dev/block/*/queue/rotational');
  if (rotational === '0') return known('ssd', '/sys/dev/block/*/queue/rotational');
  return unknown('not-reported', 'the system does not tell what is under it', '/sys/dev/block');
}
