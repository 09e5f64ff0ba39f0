/** What a base URL says of itself, and of the network it leads to. */
import { BlockList, isIP } from 'node:net';

/** Without the `/v1` some clients want, and without what people append by mistake. */
export function rootOf(baseUrl: URL): string {
  const path = baseUrl.pathname.replace(/\/+$/, '').replace(/(\/v1)+(\/messages)?$/, '');
  return `${baseUrl.origin}${path}`;
}

export const endsInV1 = ({ pathname }: URL): boolean => /\/v1\/*$/.test(pathname);

/** A URL that can be shown: without a user and password inside it. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.username === '' && url.password === '')) return text;
  url.username = '';
  url.password = '';
  return url.href;
}

export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const near = new BlockList();
for (const [address, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  // Shared address space, which Tailscale uses.
  ['100.64.0.0', 10],
] as const) {
  near.addSubnet(address, bits);
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

/** A computer that no proxy on another network can reach: this one, or one nearby. */
export function isNear(host: string): boolean {
  const version = isIP(host);
  if (version !== 0) return near.check(host, version === 6 ? 'ipv6' : 'ipv4');
  return !host.includes('.') || /\.(localhost|local|lan|internal|home\.arpa)$/.test(host);
}

/**
 * Whether a NO_PROXY list names the host: exactly, as a domain it is in, or with its port; `*` is every host. Ranges
 * (`10.0.0.0/8`) count only where the client understands them.
 */
export function isExcepted(list: string, url: URL, ranges: boolean): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || isNamed(entry, host, port) || (ranges && isInRange(entry, host)));
}

function isNamed(entry: string, host: string, port: string): boolean {
  const [, name = '', wantedPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const domain = name.toLowerCase().replace(/^\*?\./, '');
  return host === domain || host.endsWith(`.${domain}`);
}

function isInRange(entry: string, host: string): boolean {
  const [, address = '', bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || version !== isIP(host)) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const most = version === 6 ? 128 : 32;
  if (Number(bits) > most) return false;
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family);
  return range.check(host, family);
}
