/**
 * Where `--attach auto` looks: this machine's loopback, and in WSL2 the Windows side, which is the default gateway
 * of the virtual network (learn.microsoft.com/windows/wsl/networking). In mirrored mode both are the same server.
 */
import { readFileSync } from 'node:fs';
import { knownPorts } from './server-kinds.ts';

export function usualAddresses(windowsSide: string | null = findWindowsSide()): readonly string[] {
  const hosts = ['127.0.0.1', ...(windowsSide === null ? [] : [windowsSide])];
  return hosts.flatMap((host) => knownPorts.map((port) => `http://${host}:${port}`));
}

/** Address of the Windows side, or null where there is none. */
export function findWindowsSide(read: (path: string) => string = readText): string | null {
  try {
    // WSL1 shares the network of Windows, and its kernel does not call itself WSL2.
    if (!/microsoft-standard-WSL2/i.test(read('/proc/version'))) return null;
    return defaultGateway(read('/proc/net/route'));
  } catch {
    return null;
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8');

/** The gateway of the default route: little-endian hexadecimal in the third column (proc(5)). */
function defaultGateway(routes: string): string | null {
  for (const line of routes.split('\n').slice(1)) {
    const [, destination, gateway] = line.trim().split(/\s+/);
    if (destination !== '00000000' || gateway === undefined || !/^[0-9A-Fa-f]{8}$/.test(gateway)) continue;
    const bytes = gateway.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
    return bytes.reverse().join('.');
  }
  return null;
}
