/** From `--listen` and its kin: who may reach the gateway, by what names, and what is said about it. */
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { limits } from '../contract/limits.ts';
import { networksOf } from '../gateway/http/visitors.ts';
import type { Reach } from '../gateway/listening.ts';
import type { DataDirectory } from '../transport/data-directory.ts';
import { loadCertificate } from '../transport/tls/certificate.ts';
import { CommandError } from './command-error.ts';

export interface ReachFlags {
  readonly listen: string;
  readonly behindTlsProxy?: boolean;
  /** Addresses and networks. */
  readonly trustedProxies?: readonly string[];
  readonly allowPlainHttpOnPrivateNetwork?: boolean;
  readonly hostName?: string;
}

export interface ChosenReach {
  readonly reach: Reach;
  /** Names and addresses it may be called by, besides loopback. */
  readonly hostNames: readonly string[];
  /** Of these, the one to tell other machines; null when only this machine can reach it. */
  readonly publicName: string | null;
  /** That is an address of this machine, which was given no name and may get another one. */
  readonly isAnywhere: boolean;
  /** What the person at the terminal must know. */
  readonly warning: string | null;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const anyAddress = new Set(['0.0.0.0', '::']);

/** Makes the certificate when the gateway is the first time reachable for others. */
export async function chooseReach(flags: ReachFlags, directory: DataDirectory): Promise<ChosenReach> {
  const named = (flags.hostName ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of named) requireHostName(name);
  if (flags.behindTlsProxy) {
    if (named.length === 0) {
      throw new CommandError('--behind-tls-proxy needs the name clients use: --host-name NAME.');
    }
    const proxies = checkedProxies(flags.trustedProxies ?? []);
    return {
      reach: { kind: 'behind-tls-proxy', proxies },
      hostNames: [...named, ...addressesOf(flags)],
      publicName: named[0] ?? null,
      isAnywhere: false,
      warning: loopback.test(flags.listen) ? null : proxyWarning(proxies.length > 0),
    };
  }
  if (flags.trustedProxies !== undefined) throw new CommandError('--trusted-proxies needs --behind-tls-proxy.');
  if (loopback.test(flags.listen)) {
    if (flags.allowPlainHttpOnPrivateNetwork) {
      throw new CommandError('--allow-plain-http-on-private-network needs --listen 0.0.0.0 (or one address).');
    }
    const hostNames = [...named, inUrl(flags.listen)];
    return { reach: { kind: 'loopback' }, hostNames, publicName: null, isAnywhere: false, warning: null };
  }
  const addresses = anyAddress.has(flags.listen) ? ownAddresses() : [flags.listen];
  const hostNames = [...named, hostname(), `${hostname()}.local`, ...addresses.map(inUrl)];
  const certificate = await loadCertificate({ key: directory.certificateKey, certificate: directory.certificate }, [
    ...new Set(['localhost', hostname(), `${hostname()}.local`, ...named, '127.0.0.1', '::1', ...addresses]),
  ]);
  const plainOnPrivateNetworks = flags.allowPlainHttpOnPrivateNetwork === true;
  const publicName = named[0] ?? (anyAddress.has(flags.listen) ? ownName() : inUrl(flags.listen));
  return {
    reach: { kind: 'tls', certificate, plainOnPrivateNetworks },
    hostNames,
    publicName,
    isAnywhere: named.length === 0 && anyAddress.has(flags.listen),
    warning: plainOnPrivateNetworks
      ? 'Clients on private networks may use plain http: their API keys, prompts and answers travel in clear, for ' +
        'everyone on that network to read. Machines still need TLS.'
      : null,
  };
}

/** Links and the Host check are made of it. */
function requireHostName(name: string): void {
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  if (isAddress || /^(?=.{1,253}$)\w([\w-]*\w)?(\.\w([\w-]*\w)?)*$/.test(name)) return;
  throw new CommandError(
    `--host-name ${name} is no host name: name it as clients do, without https:// and without a port, such as yard.home.`,
  );
}

/** What our own commands call it by, where that is not 127.0.0.1. */
const addressesOf = ({ listen }: ReachFlags): readonly string[] => (anyAddress.has(listen) ? [] : [inUrl(listen)]);

function checkedProxies(proxies: readonly string[]): readonly string[] {
  try {
    networksOf(proxies);
    return proxies;
  } catch (error) {
    throw new CommandError(`--trusted-proxies: ${error instanceof Error ? error.message : error}.`);
  }
}

function proxyWarning(isNamed: boolean): string {
  const clear = 'Whoever reaches this port without the proxy speaks in clear: let only the proxy through.';
  return isNamed
    ? clear
    : `${clear} Say where it connects from with --trusted-proxies ADDRESS: until then all who come through it count as one ` +
        `address, which may have ${limits.connectionsPerAddress} connections.`;
}

/** By what others find this machine, as its network is now. */
export const ownName = (): string => inUrl(ownAddresses()[0] ?? hostname());

/** Addresses of this machine that others can reach, IPv4 first. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith('fe80'))
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address);
}

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
