/**
 * Graphics devices by PCI class (0300, 0302, 0380) and the driver bound to each; never by the text
 * "3D", which bridges have in their ids. Reads /sys, and `lspci -nn[k]` where somebody pasted that.
 */
import type { GpuVendor } from '../../contract/machine/facts.ts';
import { mostGpus } from '../most-gpus.ts';
import { pciAddress } from '../pci.ts';
import { lines } from '../text/lines.ts';
import { sections } from '../text/sections.ts';

export interface PciGpu {
  readonly pci: string;
  readonly vendor: GpuVendor;
  /** `0x10de` as four digits. Absent in `lspci` without `-nn`. */
  readonly vendorId?: string;
  readonly deviceId?: string;
  readonly name?: string;
  readonly driver?: string;
  /** 0302: a 3D controller, which has no display outputs. */
  readonly class: string;
  readonly external?: boolean;
  /** The firmware started the machine with it: it shows the screen. */
  readonly bootVga?: boolean;
}

const displayClasses = new Set(['0300', '0302', '0380']);

/** Hypervisors' adapters show a picture and compute nothing. */
const virtualVendors = new Set(['15ad', '1234', '1af4', '1414', '80ee', '1b36']);

export function vendorOf(id: string | undefined): GpuVendor {
  if (id === '10de') return 'nvidia';
  if (id === '1002' || id === '1022') return 'amd';
  if (id === '8086') return 'intel';
  if (id === '106b') return 'apple';
  return id !== undefined && virtualVendors.has(id) ? 'virtual' : 'other';
}

export function readPciGpus(text: string): readonly PciGpu[] {
  const fromSys = sysDevices(text);
  const all = fromSys.length > 0 ? fromSys : lspciDevices(text);
  // A place on the bus holds one device, however often a paste lists it.
  return [...new Map(all.map((device) => [device.pci, device])).values()].slice(0, mostGpus);
}

/** `==> /sys/bus/pci/devices/0000:01:00.0 <==` and lines of `class=0x030000`, `vendor=0x10de`, ... */
function sysDevices(text: string): readonly PciGpu[] {
  return sections(text).flatMap(({ path, text: body }): PciGpu[] => {
    const pci = pciAddress(path.split('/').at(-1));
    const value = (name: string): string | undefined => new RegExp(`^${name}=(\\S+)$`, 'm').exec(body)?.[1];
    const kind = /^0x(\d{4})\d{2}$/.exec(value('class') ?? '')?.[1];
    if (pci === undefined || kind === undefined || !displayClasses.has(kind)) return [];
    const vendorId = /^0x([0-9a-f]{4})$/.exec(value('vendor') ?? '')?.[1];
    const deviceId = /^0x([0-9a-f]{4})$/.exec(value('device') ?? '')?.[1];
    const driver = value('driver');
    const external = value('external');
    const boot = value('boot_vga');
    return [
      {
        pci,
        vendor: vendorOf(vendorId),
        class: kind,
        ...(vendorId === undefined ? {} : { vendorId }),
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(driver === undefined ? {} : { driver }),
        ...(external === undefined ? {} : { external: external === '1' }),
        ...(boot === undefined ? {} : { bootVga: boot === '1' }),
      },
    ];
  });
}

/** Names of classes that `lspci` prints without `-nn`; it does not translate them. */
const classNames: readonly (readonly [RegExp, string])[] = [
  [/^VGA compatible controller: /, '0300'],
  [/^3D controller: /, '0302'],
  [/^Display controller: /, '0380'],
];

function lspciDevices(text: string): readonly PciGpu[] {
  const found: PciGpu[] = [];
  for (const block of blocks(text)) {
    const device = machineReadable(block) ?? plain(block[0] ?? '');
    if (device === undefined) continue;
    const driver = block
      .map((line) => /^\s*(?:Kernel driver in use|Driver):\s+([\w-]+)\s*$/.exec(line)?.[1])
      .find(Boolean);
    found.push(driver === undefined ? device : { ...device, driver });
  }
  return found;
}

/** A device starts at the margin; what belongs to it is indented, or follows without a blank line (-vmm). */
function blocks(text: string): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const line of lines(text)) {
    if (/^(Slot:\s|([0-9a-f]{4,5}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] )/i.test(line)) found.push([line]);
    else found.at(-1)?.push(line);
  }
  return found;
}

function plain(line: string): PciGpu | undefined {
  const match = /^((?:[0-9a-f]{4,5}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) (.+)$/i.exec(line);
  const pci = pciAddress(match?.[1]);
  if (match === null || pci === undefined) return undefined;
  const rest = match[2]!;
  const kind = /^[^[]*\[([0-9a-f]{4})\]: /.exec(rest)?.[1] ?? classNames.find(([pattern]) => pattern.test(rest))?.[1];
  if (kind === undefined || !displayClasses.has(kind)) return undefined;
  const ids = /\[([0-9a-f]{4}):([0-9a-f]{4})\]/.exec(rest);
  const described = rest.slice(rest.indexOf(': ') + 2);
  const name = [...described.replace(/ \((rev|prog-if) .*$/, '').matchAll(/\[([^\]]+)\]/g)]
    .map(([, text]) => text!)
    .filter((text) => text !== 'AMD/ATI' && !/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(text))
    .at(-1);
  const vendor = ids === null ? vendorByName(described) : vendorOf(ids[1]);
  return {
    pci,
    class: kind,
    vendor,
    ...(ids === null ? {} : { vendorId: ids[1]!, deviceId: ids[2]! }),
    ...(name === undefined ? {} : { name }),
  };
}

function vendorByName(described: string): GpuVendor {
  if (described.startsWith('NVIDIA Corporation')) return 'nvidia';
  if (described.startsWith('Advanced Micro Devices')) return 'amd';
  if (described.startsWith('Intel Corporation')) return 'intel';
  return described.startsWith('VMware') ? 'virtual' : 'other';
}

function machineReadable(block: readonly string[]): PciGpu | undefined {
  const field = (name: string): string | undefined =>
    block.map((line) => new RegExp(`^${name}:\\s+(.+)$`).exec(line)?.[1]).find(Boolean);
  const pci = pciAddress(field('Slot'));
  const kind = /\[([0-9a-f]{4})\]$/.exec(field('Class') ?? '')?.[1];
  if (pci === undefined || kind === undefined || !displayClasses.has(kind)) return undefined;
  const vendorId = /\[([0-9a-f]{4})\]$/.exec(field('Vendor') ?? '')?.[1];
  const device = /^(.+) \[([0-9a-f]{4})\]$/.exec(field('Device') ?? '');
  return {
    pci,
    class: kind,
    vendor: vendorOf(vendorId),
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(device === null ? {} : { name: device[1]!, deviceId: device[2]! }),
  };
}
