/** A display adapter as Windows describes it. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu, GpuVendor } from '../../contract/machine/facts.ts';
import { intelShares } from '../intel/names.ts';
import { vendorOf } from '../linux/pci-devices.ts';

export interface Adapter {
  readonly name: string;
  /** `PCI\VEN_10DE&DEV_2783&...`; remote and virtual displays start with ROOT\ or SWD\. */
  readonly pnpId?: string | undefined;
  readonly vramBytes?: number | undefined;
  /** A picture is shown through it. */
  readonly shows?: boolean | undefined;
}

export function windowsAdapter({ name, pnpId, vramBytes, shows }: Adapter, index: number, source: string): Gpu {
  const missing = unknown('not-reported', 'Windows does not tell it here', source);
  const fact = <T>(value: T | undefined): Fact<T> => (value === undefined ? missing : known(value, source));
  const device = deviceOf(pnpId);
  const vendor = vendorOfAdapter(name, pnpId);
  return {
    vendor,
    index,
    name: known(name, source),
    ...(device === undefined ? {} : { device_id: known(device, source) }),
    vram_total_bytes: fact(vramBytes),
    vram_used_bytes: missing,
    vram_free_bytes: missing,
    unified: fact(vendor === 'nvidia' ? false : vendor === 'intel' ? intelShares(name) : undefined),
    display_attached: fact(shows),
  };
}

/** `10de:2783` of a plug-and-play or matching id in any spelling. */
export function deviceOf(id: string | undefined): string | undefined {
  const match = /ven_([0-9a-f]{4})&(?:amp;)?dev_([0-9a-f]{4})/i.exec(id ?? '');
  return match === null ? undefined : `${match[1]}:${match[2]}`.toLowerCase();
}

function vendorOfAdapter(name: string, pnpId: string | undefined): GpuVendor {
  if (pnpId !== undefined && /^(ROOT|SWD)\\/i.test(pnpId)) return 'virtual';
  const device = deviceOf(pnpId);
  if (device !== undefined) return vendorOf(device.slice(0, 4));
  // Without an id there is only the name, which makers do not translate.
  if (/^NVIDIA\b/.test(name)) return 'nvidia';
  if (/^(AMD|Radeon|ATI)\b/.test(name)) return 'amd';
  if (/^Intel\b/.test(name)) return 'intel';
  return 'other';
}

/** NVIDIA's own version in Windows' four parts: the last five digits, 31.0.15.1694 is 516.94. */
export function nvidiaVersion(windowsVersion: string | undefined): string | undefined {
  const match = /^\d+\.\d+\.(\d{1,2})\.(\d{4})$/.exec(windowsVersion?.trim() ?? '');
  if (match === null) return undefined;
  const digits = `${match[1]!.slice(-1)}${match[2]}`;
  return `${digits.slice(0, 3)}.${digits.slice(3)}`;
}
