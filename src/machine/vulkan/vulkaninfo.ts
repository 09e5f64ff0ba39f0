/**
 * `vulkaninfo --summary`. Warnings before the report are normal on a headless machine; `llvmpipe` is
 * the processor; one card can be listed twice (remote desktop, layered drivers).
 */
import { known } from '../../contract/machine/fact.ts';
import type { FactTable } from '../../contract/machine/facts.ts';
import { vendorOf } from '../linux/pci-devices.ts';
import { parseWith } from '../parse-with.ts';
import { pciAddress } from '../pci.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';

type Device = FactTable['vulkan.devices'][number];

const kinds: Readonly<Record<string, Device['kind']>> = {
  PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: 'discrete',
  PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: 'integrated',
  PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: 'virtual',
  PHYSICAL_DEVICE_TYPE_CPU: 'cpu',
  PHYSICAL_DEVICE_TYPE_OTHER: 'other',
};

export const vulkanInfo: Probe = {
  name: 'vulkaninfo',
  title: 'Vulkan devices',
  reads: ['vulkaninfo --summary'],
  platforms: ['linux', 'windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['vulkan.devices'],
  read: async (io) => [await io.run('vulkaninfo', ['--summary'])],
  parse: parseWith(['vulkan.devices'], (text, source) => {
    const listed = summary(text) ?? selection(text);
    return listed === undefined ? {} : { 'vulkan.devices': known(once(listed), source) };
  }),
};

function summary(text: string): readonly Device[] | undefined {
  const start = text.search(/^Devices:\s*$/m);
  if (start < 0) return undefined;
  return text
    .slice(start)
    .split(/^GPU\d+:\s*$/m)
    .slice(1)
    .flatMap((block): Device[] => {
      const values = record(block, '=');
      const kind = kinds[values.deviceType ?? ''];
      if (kind === undefined || values.deviceName === undefined) return [];
      return [
        {
          name: values.deviceName,
          kind,
          uuid: values.deviceUUID ?? '',
          driver: values.driverName ?? '',
          vendor:
            kind === 'cpu' ? 'virtual' : vendorOf(/^0x([0-9a-f]{4})$/i.exec(values.vendorID ?? '')?.[1]?.toLowerCase()),
        },
      ];
    });
}

/** Mesa's own list: `MESA_VK_DEVICE_SELECT=list vulkaninfo`. */
function selection(text: string): readonly Device[] | undefined {
  if (!/^selectable devices:/m.test(text)) return undefined;
  return lines(text).flatMap((line): Device[] => {
    const match =
      /^\s+GPU \d+: ([0-9a-f]{4,5}):[0-9a-f]{4} "([^"]+)" (discrete|integrated|virtual|CPU)(?: GPU)?(?: (\S+))?\s*$/.exec(
        line,
      );
    if (match === null) return [];
    const [, vendor, name, kind, place] = match;
    const pci = pciAddress(place);
    return [
      {
        name: name!,
        kind: kind!.toLowerCase() as Device['kind'],
        uuid: '',
        driver: '',
        vendor: kind === 'CPU' ? 'virtual' : vendorOf(vendor),
        ...(pci === undefined ? {} : { pci }),
      },
    ];
  });
}

const once = (devices: readonly Device[]): readonly Device[] =>
  devices.filter(({ uuid }, at) => uuid === '' || devices.findIndex((other) => other.uuid === uuid) === at);
