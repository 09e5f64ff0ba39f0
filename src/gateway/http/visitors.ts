/**
 * Who comes to the gateway's doors before anybody knows who it is: from which address, counted with whom. Behind a
 * reverse proxy the address is the one that the proxy has written down; nobody else is believed about it.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type LinkPasses, passHeader } from '../../transport/identity/link-pass.ts';
import type { Reach } from '../listening.ts';

export interface Visitor {
  /** As far as it is known. */
  readonly address: string;
  /** Whom it is counted with: an address, of IPv6 the /48, or the machine that shows a pass. */
  readonly origin: string;
  /** It was let in before, as its pass says. */
  readonly isKnown: boolean;
}

export type VisitorOf = (request: IncomingMessage) => Visitor;

/** Longer ones come from no chain of proxies. */
const mostForwardedChars = 1_024;

/** `onMute` hears of each visit through a proxy elsewhere that is trusted and does not say for whom it speaks. */
export function visitorsOf(reach: Reach, passes: LinkPasses, onMute: (proxy: string) => void = () => {}): VisitorOf {
  const isProxy = proxyCheck(reach);
  return ({ headers, socket }) => {
    const peer = plainAddress(socket.remoteAddress ?? 'unknown');
    const forwarded = String(headers['x-forwarded-for'] ?? '');
    const isTrusted = isProxy(peer);
    // From this computer come our own commands too.
    if (isTrusted && forwarded === '' && !isThisComputer(peer)) onMute(peer);
    const address = isTrusted ? forwardedFor(forwarded, peer, isProxy) : peer;
    const machineId = passes.machineOf(String(headers[passHeader] ?? ''));
    return { address, origin: machineId ?? networkOf(address), isKnown: machineId !== undefined };
  };
}

/**
 * Says whether an address is that of the reverse proxy in front, which is this computer's unless others are named. Without a
 * proxy in front there is none.
 */
export function proxyCheck(reach: Reach): (address: string) => boolean {
  if (reach.kind !== 'behind-tls-proxy') return () => false;
  const named = networksOf(reach.proxies ?? []);
  return (address) => isThisComputer(address) || isIn(named, address);
}

/**
 * The last address in the list that is no proxy of ours: what stands before it the client may have written itself.
 * `peer` where there is none.
 */
function forwardedFor(list: string, peer: string, isProxy: (address: string) => boolean): string {
  const hops = list.slice(-mostForwardedChars).split(',');
  let last = peer;
  for (const hop of hops.toReversed()) {
    const address = withoutPort(plainAddress(hop.trim()));
    if (isIP(address) === 0) return last;
    last = address;
    if (!isProxy(address)) return address;
  }
  return last;
}

/** Some proxies write `192.0.2.7:51234` and `[2001:db8::1]:443`. */
const withoutPort = (hop: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;

/** Addresses and networks (`172.18.0.0/16`). Throws an Error that names the first that is neither. */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix, ...more] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const mostBits = family === 'ipv6' ? 128 : 32;
    const bits = prefix === undefined ? mostBits : Number(prefix);
    const isNetwork = /^\d{1,3}$/.test(prefix ?? '0') && bits <= mostBits && more.length === 0;
    if (isIP(address) === 0 || !isNetwork)
      throw new Error(`${text} is no address and no network such as 172.18.0.0/16`);
    list.addSubnet(address, bits, family);
  }
  return list;
}

const loopback = networksOf(['127.0.0.0/8', '::1']);

/** The loopback addresses. */
export const isThisComputer = (address: string): boolean => isIn(loopback, plainAddress(address));

/** Who connections from an address are counted for: an IPv4 address, or the /64 an IPv6 host owns. */
export const originOf = (address: string): string => prefixOf(address, 4);

/** The same at the doors, where room is shared by origin: an IPv4 address, or the /48 that anybody can have, with 65,536 of /64 in it. */
export const networkOf = (address: string): string => prefixOf(address, 3);

function prefixOf(address: string, groupsOfIt: number): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + last.length < 8) groups.push('0');
  return [...groups, ...last].slice(0, groupsOfIt).join(':');
}

/** Without zone, and IPv4 as such where it is written as IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** False for what is no address. */
export const isIn = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
