/**
 * Are we inside a container, and which? The files runtimes leave, the environment, the control
 * groups (cgroup v1) and the mounts (under v2 /proc/self/cgroup is only `0::/`) each tell a part.
 * GPU devices that were passed in, and NVIDIA's capabilities: without `graphics` there is no Vulkan.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Container } from '../../contract/machine/facts.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { type Reading, unknownFrom } from '../reading.ts';
import { lines } from '../text/lines.ts';
import { readMounts } from '../text/mounts.ts';
import { section, sections } from '../text/sections.ts';
import { tidyReadings } from '../text/tidy.ts';

const marks = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io', '/dev/lxd/sock'];
const variables = ['KUBERNETES_SERVICE_HOST', 'container', 'NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'];
const texts = ['/proc/self/cgroup', '/proc/self/mountinfo', '/proc/self/uid_map', '/run/.containerenv'];

export const linuxContainer: Probe = {
  name: 'linux-container',
  title: 'container, its GPU devices, root or not',
  reads: [...marks, ...texts, '/dev', ...variables.map((name) => `$${name}`)],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['os.container', 'container.rootless', 'container.gpu_devices', 'container.driver_capabilities'],
  async read(io) {
    const there = await io.existing(marks);
    const set = variables.filter((name) => io.env[name] !== undefined);
    const devices = (await io.names('/dev')).filter((name) => /^(nvidia|kfd|dxg|dri$)/.test(name));
    const render = (await io.names('/dev/dri'))
      .filter((name) => name.startsWith('render'))
      .map((name) => `dri/${name}`);
    const own = [
      '==> marks <==',
      ...there,
      '==> environment <==',
      // Of Kubernetes' address only that it is set.
      ...set.map((name) => `${name}=${name === 'KUBERNETES_SERVICE_HOST' ? 'set' : io.env[name]}`),
      '==> devices <==',
      ...devices
        .filter((name) => name !== 'dri')
        .concat(render)
        .map((name) => `/dev/${name}`),
    ];
    return [
      { source: 'container marks', text: own.join('\n') },
      ...(await Promise.all(texts.map((path) => io.files(path, [path])))),
    ];
  },
  parse: parseContainer,
};

function parseContainer(given: readonly Reading[]): MutableFacts {
  const readings = tidyReadings(given);
  const facts: MutableFacts = {};
  const readable = readings.filter(({ failure }) => failure === undefined);
  const evidence = readable.flatMap((reading) => {
    const found = containerOf(reading.text);
    return found === undefined ? [] : [{ container: found, source: reading.source }];
  });
  const inside = evidence.filter(({ container }) => container !== 'none').sort(byRank)[0];
  const decided = inside ?? evidence[0];
  const [first] = readings;
  if (decided !== undefined) facts['os.container'] = known(decided.container, decided.source);
  else if (first !== undefined) facts['os.container'] = unknownFrom(first, 'nothing tells a container from a host');
  for (const { text, source } of readable) {
    const all = sections(text);
    const rootless = isRootless(all, text);
    if (rootless !== undefined && inside !== undefined) facts['container.rootless'] = known(rootless, source);
    const devices = section(all, 'devices');
    if (devices !== undefined && inside !== undefined) {
      facts['container.gpu_devices'] = known(
        lines(devices).filter((line) => line !== ''),
        source,
      );
    }
    const capabilities = /^NVIDIA_DRIVER_CAPABILITIES=([\w,-]*)$/m.exec(section(all, 'environment') ?? '')?.[1];
    if (capabilities !== undefined) {
      facts['container.driver_capabilities'] = known(capabilities.split(',').filter(Boolean), source);
    }
  }
  return facts;
}

/** Kubernetes runs on the others, so it says more. */
const rank: readonly Container[] = ['kubernetes', 'podman', 'docker', 'lxc', 'nspawn', 'other', 'none'];
const byRank = (a: { container: Container }, b: { container: Container }): number =>
  rank.indexOf(a.container) - rank.indexOf(b.container);

/** What one text tells, or undefined. A text that could tell and shows a host tells `none`. */
function containerOf(text: string): Container | undefined {
  const all = sections(text);
  const marked = markedAs(all);
  if (marked !== undefined) return marked;
  const mounts = readMounts(section(all, 'mountinfo') ?? text);
  if (mounts.length > 0) return fromMounts(mounts);
  return fromGroups(section(all, 'self/cgroup') ?? text);
}

function markedAs(all: ReturnType<typeof sections>): Container | undefined {
  const environment = section(all, 'environment') ?? '';
  const marked = new Set(lines(section(all, 'marks') ?? ''));
  if (/^KUBERNETES_SERVICE_HOST=/m.test(environment) || marked.has('/var/run/secrets/kubernetes.io'))
    return 'kubernetes';
  if (marked.has('/run/.containerenv')) return 'podman';
  if (marked.has('/.dockerenv')) return 'docker';
  const named = /^container=(\S+)$/m.exec(environment)?.[1];
  if (named === 'lxc' || marked.has('/dev/lxd/sock')) return 'lxc';
  if (named === 'podman' || named === 'docker') return named;
  if (named !== undefined) return named === 'systemd-nspawn' ? 'nspawn' : 'other';
  return undefined;
}

function fromMounts(mounts: ReturnType<typeof readMounts>): Container | undefined {
  // What is mounted where by the runtime: resolv.conf and hosts from its own folder.
  const brought = mounts.map(({ root = '', device }) => `${root} ${device}`).join('\n');
  if (mounts.some(({ mount }) => mount === '/run/.containerenv')) return 'podman';
  if (mounts.some(({ mount, root = '' }) => mount === '/etc/hosts' && root.includes('/kubelet/'))) return 'kubernetes';
  if (/\/docker\/containers\/[0-9a-f]{64}\//.test(brought)) return 'docker';
  if (/\/containers\/storage\/|\/libpod\//.test(brought)) return 'podman';
  if (mounts.some(({ mount, filesystem }) => mount.startsWith('/proc/') && filesystem === 'fuse.lxcfs')) return 'lxc';
  const device = mounts.find(({ mount }) => mount === '/dev');
  if (device?.filesystem === 'devtmpfs') return 'none';
  return device?.filesystem === 'tmpfs' ? 'other' : undefined;
}

function fromGroups(text: string): Container | undefined {
  const paths = lines(text).flatMap((line) => {
    const path = /^(?:\d+:[^:]*:)?(\/\S*)$/.exec(line.trim())?.[1];
    return path === undefined ? [] : [path];
  });
  const some = (pattern: RegExp): boolean => paths.some((path) => pattern.test(path));
  if (some(/\/kubepods[./]/)) return 'kubernetes';
  if (some(/libpod-[0-9a-f]{64}/)) return 'podman';
  if (some(/^\/docker\/|\/docker-[0-9a-f]{64}\.scope/)) return 'docker';
  if (some(/^\/lxc(\.payload)?[./]/)) return 'lxc';
  if (some(/^\/machine\.slice\/.*nspawn/)) return 'nspawn';
  // A bare container id is how Docker's own hosts name the group; whose it is stays open.
  if (some(/^\/[0-9a-f]{64}$/)) return 'docker';
  return some(/^\/(user|system)\.slice\/|^\/init\.scope/) ? 'none' : undefined;
}

/** The first line of uid_map of a process that is root only in its own namespace does not map 0 to 0. */
function isRootless(all: ReturnType<typeof sections>, text: string): boolean | undefined {
  const environment = /^rootless=([01])\s*$/m.exec(section(all, '.containerenv') ?? '')?.[1];
  if (environment !== undefined) return environment === '1';
  const map = /^\s*\d+\s+(\d+)\s+\d+\s*$/m.exec(section(all, 'uid_map') ?? '')?.[1];
  if (map !== undefined) return map !== '0';
  // /proc/mounts of a rootless container: its /dev belongs to an ordinary user.
  const owner = /^tmpfs \/dev tmpfs \S*\buid=(\d+)/m.exec(text)?.[1];
  return owner === undefined ? undefined : owner !== '0';
}
