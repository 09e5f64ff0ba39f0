/** Is there a way out: default routes and addresses of both protocols, from /proc, without sending anything. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { section, sections } from '../text/sections.ts';

const files = ['/proc/net/route', '/proc/net/ipv6_route', '/proc/net/if_inet6'];

export const linuxNetwork: Probe = {
  name: 'linux-network',
  title: 'default route, IPv6',
  reads: files,
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['network.has_route', 'network.ipv6', 'wsl.host_address'],
  read: async (io) => [await io.files('/proc/net', files)],
  parse: parseWith(['network.has_route'], (text, source) => {
    const all = sections(text);
    const v4 = section(all, 'net/route');
    // In a namespace without any network the file is empty.
    if (v4 === undefined || (v4 !== '' && !/^Iface\s/.test(v4))) return {};
    const gateway = v4Gateway(v4);
    const v6 = v6Default(section(all, 'ipv6_route') ?? '');
    const facts: MutableFacts = { 'network.has_route': known(gateway !== undefined || v6, source) };
    // Scope 00 is global: an address the world could know.
    const global = lines(section(all, 'if_inet6') ?? '').some((line) => /^[0-9a-f]{32} \S+ \S+ 00 /.test(line));
    facts['network.ipv6'] = known(v6 && global, source);
    return facts;
  }),
};

/** Address of the default gateway; `0.0.0.0` for a route without one (a tunnel). */
export function v4Gateway(table: string): string | undefined {
  for (const line of lines(table)) {
    const match = /^\S+\s+00000000\s+([0-9A-F]{8})\s+([0-9A-F]{4})\s+\S+\s+\S+\s+\S+\s+00000000\s/i.exec(line);
    // Flag 1: the route is up; 200: it rejects.
    if (match === null) continue;
    const flags = Number.parseInt(match[2]!, 16);
    if ((flags & 1) === 1 && (flags & 0x200) === 0) return dotted(match[1]!);
  }
  return undefined;
}

/** Little-endian hexadecimal, as the kernel prints it. */
const dotted = (hex: string): string => [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');

const v6Default = (table: string): boolean =>
  lines(table).some((line) => {
    const match = /^0{32} 00 0{32} 00 \S+ \S+ \S+ \S+ ([0-9a-f]{8})\s+(\S+)$/.exec(line);
    // The kernel keeps a rejecting default route on lo when there is none.
    return match !== null && match[2] !== 'lo' && (Number.parseInt(match[1]!, 16) & 0x200) === 0;
  });
