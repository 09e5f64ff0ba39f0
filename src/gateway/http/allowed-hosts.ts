/**
 * The Host allow-list, checked before anything else on every listener. It stops DNS rebinding: a
 * web page that makes its own name point at 127.0.0.1 still sends that name, and never an address.
 */
import { isIPv6 } from 'node:net';
import { plainAddress } from './visitors.ts';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Where a connection arrived. */
export interface Arrival {
  readonly localAddress?: string | undefined;
}

/** Says whether a Host header names this gateway. */
export type HostCheck = (host: string | undefined, at: Arrival) => boolean;

/**
 * `names` are further host names, without port. A gateway also answers to the address it was reached at, which its machine may
 * have got after the start: a network that came up late, another lease.
 */
export function hostCheck(names: readonly string[]): HostCheck {
  const allowed = new Set([...loopbackNames, ...names.map((name) => name.toLowerCase())]);
  return (host, { localAddress }) => {
    if (host === undefined) return false;
    const name = host.toLowerCase().replace(/:\d{1,5}$/, '');
    return allowed.has(name) || (localAddress !== undefined && name === inHost(localAddress));
  };
}

/** An address of a socket as a Host header has it: without the interface of a link-local one. */
function inHost(localAddress: string): string {
  const address = plainAddress(localAddress).replace(/%.*$/, '').toLowerCase();
  return isIPv6(address) ? `[${address}]` : address;
}
