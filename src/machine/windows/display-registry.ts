/**
 * True video memory: `HardwareInformation.qwMemorySize`, 64 bits, in the class key of display
 * adapters. The registry also remembers cards that were taken out, so this is matched with the
 * adapters that are there.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { deviceOf } from './adapter.ts';

const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';

export const windowsDisplayRegistry: Probe = {
  name: 'windows-display-registry',
  title: 'true video memory of display adapters',
  reads: [`reg query ${key} /s`],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['windows.display_registry'],
  read: async (io) => [await io.run('reg', ['query', key, '/s'])],
  parse: parseWith(['windows.display_registry'], (text, source) => {
    const entries = subkeys(text).flatMap((values) => {
      const name = values.get('DriverDesc');
      const device = deviceOf(values.get('MatchingDeviceId'));
      if (name === undefined || device === undefined) return [];
      const size = quadword(values.get('HardwareInformation.qwMemorySize'));
      const driver = values.get('DriverVersion');
      const vram_total_bytes =
        size === undefined ? unknown('not-reported', 'no qwMemorySize', source) : known(size, source);
      return [{ device, name, ...(driver === undefined ? {} : { driver }), vram_total_bytes }];
    });
    return entries.length === 0 ? {} : { 'windows.display_registry': known(entries, source) };
  }),
};

/** Values of each `...\000N`, from `reg query` or an exported .reg file. */
function subkeys(text: string): readonly ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  let here: Map<string, string> | undefined;
  for (const line of lines(text, 4_000)) {
    const path = /^\[?(HKEY_LOCAL_MACHINE\\[^\]]+)\]?$/.exec(line.trim())?.[1];
    if (path !== undefined) {
      here = /\\\d{4}$/.test(path) ? new Map() : undefined;
      if (here !== undefined) found.push(here);
      continue;
    }
    const exported = /^"([^"]+)"=(.+)$/.exec(line);
    const queried = /^ {4}(\S+) {4}REG_(SZ|QWORD|BINARY) {4}(.+)$/.exec(line);
    if (exported !== null) here?.set(exported[1]!, unquoted(exported[2]!));
    else if (queried !== null) here?.set(queried[1]!, queried[3]!.trim());
  }
  return found;
}

const unquoted = (value: string): string =>
  /^".*"$/.test(value) ? value.slice(1, -1).replaceAll('\\\\', '\\') : value;

/** `0x300000000` of `reg query`, or the eight bytes, lowest first, of an export: `hex(b):00,00,...`. */
function quadword(value: string | undefined): number | undefined {
  const direct = /^0x([0-9a-f]{1,13})$/i.exec(value ?? '')?.[1];
  if (direct !== undefined) return Number.parseInt(direct, 16);
  const bytes = /^(?:hex\(b\):)?((?:[0-9a-f]{2},?){8})$/i.exec(value ?? '')?.[1];
  if (bytes === undefined) return undefined;
  const size = Number.parseInt((bytes.match(/[0-9a-f]{2}/gi) ?? []).reverse().join(''), 16);
  return Number.isSafeInteger(size) ? size : undefined;
}
