/** A second computer, as far as the network goes: a namespace with a cable to this one. Linux, as root. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

export interface OtherNetwork extends Disposable {
  /** Why there can be no such network here; null: it is there. */
  readonly missing: string | null;
  /** Put before a command that is to run there. */
  readonly through: readonly string[];
}

export interface OtherNetworkOptions {
  /** Of each subnet: the address of this computer, that of the other one, and the bits they share. */
  readonly subnets: readonly { readonly here: string; readonly there: string; readonly bits: number }[];
  /** Lines of /etc/hosts there. */
  readonly hosts?: readonly string[];
}

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });

let made = 0;

export function otherNetwork({ subnets, hosts = [] }: OtherNetworkOptions): OtherNetwork {
  made += 1;
  const space = `my${process.pid}-${made}`;
  const [near, far] = [`mya${process.pid}${made}`, `myb${process.pid}${made}`];
  // An IPv6 address is used at once: to look first whether somebody else has it takes a second.
  const at = (address: string, bits: number) => [`${address}/${bits}`, ...(address.includes(':') ? ['nodad'] : [])];
  const steps = [
    ['netns', 'add', space],
    ['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space],
    ...subnets.map(({ here, bits }) => ['addr', 'add', ...at(here, bits), 'dev', near]),
    ['link', 'set', near, 'up'],
    ...subnets.map(({ there, bits }) => ['-n', space, 'addr', 'add', ...at(there, bits), 'dev', far]),
    ['-n', space, 'link', 'set', far, 'up'],
    ['-n', space, 'link', 'set', 'lo', 'up'],
  ];
  return {
    missing: build(space, hosts, steps),
    through: ['ip', 'netns', 'exec', space],
    [Symbol.dispose]() {
      ip('link', 'del', near);
      ip('netns', 'del', space);
      rmSync(`/etc/netns/${space}`, { recursive: true, force: true });
    },
  };
}

function build(space: string, hosts: readonly string[], steps: readonly (readonly string[])[]): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  // What `ip netns exec` lays over /etc/hosts.
  mkdirSync(`/etc/netns/${space}`, { recursive: true });
  writeFileSync(`/etc/netns/${space}/hosts`, ['::1 localhost', ...hosts, ''].join('\n'));
  for (const step of steps) {
    const { status, stderr, error } = ip(...step);
    if (status !== 0) return `ip ${step.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return null;
}
