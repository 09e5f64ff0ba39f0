/**
 * The GPUs of this machine, each once, however many tools saw it. Tools share few keys: the PCI
 * address, sometimes a UUID, for AMD the target; without any, the name, and at last the order.
 */
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import { sharesMemory } from './amd/targets.ts';
import { targetOfDevice } from './data/amd-devices.ts';
import { bandwidthOf, plainName } from './data/gpu-bandwidth.ts';
import { mostGpus } from './most-gpus.ts';
import { withMissing } from './nvidia/smi-gpus.ts';

const value = <T>(fact: Parameters<typeof knownValue<T>>[0]): T | undefined => knownValue<T>(fact);

/** Lists of one vendor from several tools, the most telling first. */
export function mergeGpuLists(lists: readonly (readonly Gpu[])[]): readonly Gpu[] {
  const merged: Gpu[] = [];
  for (const whole of lists) {
    const list = whole.slice(0, mostGpus);
    const free = new Set(merged.keys());
    const pairs = new Map<Gpu, number>();
    for (const same of [samePci, sameUuid, sameTarget, sameName]) {
      for (const gpu of list) {
        if (pairs.has(gpu)) continue;
        const at = [...free].find((candidate) => same(merged[candidate]!, gpu));
        if (at === undefined) continue;
        pairs.set(gpu, at);
        free.delete(at);
      }
    }
    const left = list.filter((gpu) => !pairs.has(gpu));
    // Nothing tells them apart, but as many are left here as there: the order is all there is.
    const byOrder = left.length <= free.size ? [...free] : [];
    for (const [at, gpu] of left.entries()) {
      const index = conflict(merged[byOrder[at] ?? -1], gpu) ? undefined : byOrder[at];
      if (index !== undefined) pairs.set(gpu, index);
    }
    for (const gpu of list) {
      const at = pairs.get(gpu);
      if (at === undefined) merged.push(gpu);
      else merged[at] = withMissing(merged[at]!, gpu);
    }
  }
  return merged;
}

const samePci = (a: Gpu, b: Gpu): boolean => value(a.pci) !== undefined && value(a.pci) === value(b.pci);
const sameUuid = (a: Gpu, b: Gpu): boolean => value(a.uuid) !== undefined && value(a.uuid) === value(b.uuid);
const sameTarget = (a: Gpu, b: Gpu): boolean =>
  value(a.gfx) !== undefined && value(a.gfx) === value(b.gfx) && !conflict(a, b);
const sameName = (a: Gpu, b: Gpu): boolean => {
  const [one, other] = [value(a.name), value(b.name)];
  return one !== undefined && other !== undefined && plainName(one) === plainName(other) && !conflict(a, b);
};

/** Both have a key of the same kind, and the keys differ. */
function conflict(a: Gpu | undefined, b: Gpu): boolean {
  if (a === undefined) return true;
  return (['pci', 'uuid', 'gfx'] as const).some((key) => {
    const [one, other] = [value(a[key]), value(b[key])];
    return one !== undefined && other !== undefined && one !== other;
  });
}

/** Lists of GPUs that are joined instead of the first being taken. */
export const gpuListNames = ['nvidia.gpus', 'amd.gpus', 'intel.gpus', 'windows.adapters'] as const;

/** `gpu.all`: every usable GPU once, with what is known of its model. */
export function allGpus(facts: Facts): readonly Gpu[] {
  const vendors = ['nvidia', 'amd', 'intel', 'apple'] as const;
  const adapters = value(facts['windows.adapters']) ?? [];
  const vulkan = vulkanGpus(facts);
  return vendors.flatMap((vendor) => {
    const own =
      vendor === 'apple'
        ? appleGpus(facts)
        : (value(facts[`${vendor}.gpus`]) ?? []).filter((gpu) => gpu.vendor === vendor);
    const listed = adapters.filter((gpu) => gpu.vendor === vendor);
    const merged = mergeGpuLists([own, listed]);
    // Vulkan tells little of a GPU; one that no other tool saw is still a GPU.
    const seen = vulkan.filter((gpu) => gpu.vendor === vendor);
    return (merged.length === 0 ? mergeGpuLists([seen]) : mergeGpuLists([merged, seen]).slice(0, merged.length)).map(
      (gpu) => withModel(withPlace(withTarget(gpu), facts)),
    );
  });
}

/** What AMD's device number tells of a GPU whose tools tell less. */
export function withTarget(gpu: Gpu): Gpu {
  if (gpu.vendor !== 'amd' || !gpu.device_id?.known || gpu.gfx?.known === true) return gpu;
  const gfx = targetOfDevice(gpu.device_id.value);
  if (gfx === undefined) return gpu;
  const source = `table of AMD devices: ${gpu.device_id.value}`;
  const shares = gpu.unified.known ? undefined : sharesMemory(gfx);
  return { ...gpu, gfx: known(gfx, source), ...(shares === undefined ? {} : { unified: known(shares, source) }) };
}

/** Only the bus knows which card stands in a case of its own. */
function withPlace(gpu: Gpu, facts: Facts): Gpu {
  const bus = facts['gpu.on_bus'];
  if (!bus?.known || gpu.external !== undefined || gpu.pci?.known !== true) return gpu;
  const { value: address } = gpu.pci;
  const external = bus.value.find(({ pci }) => pci === address)?.external;
  return external === undefined ? gpu : { ...gpu, external: known(external, bus.source) };
}

function withModel(gpu: Gpu): Gpu {
  const name = value(gpu.name);
  if (name === undefined || value(gpu.bandwidth_gbps) !== undefined) return gpu;
  const vramBytes = value(gpu.unified) === true ? undefined : value(gpu.vram_total_bytes);
  const bandwidth = bandwidthOf({ vendor: gpu.vendor, name, ...(vramBytes === undefined ? {} : { vramBytes }) });
  return { ...gpu, bandwidth_gbps: bandwidth };
}

function appleGpus(facts: Facts): readonly Gpu[] {
  const chip = facts['apple.chip'];
  const total = facts['memory.total_bytes'];
  if (!chip?.known || total === undefined) return [];
  const cores = value(facts['apple.gpu_cores']);
  const displays = facts['display.count'];
  const none = { known: false, reason: 'not-reported', detail: 'the GPU shares the memory of the system' } as const;
  return [
    {
      vendor: 'apple',
      index: 0,
      name: chip,
      vram_total_bytes: total,
      vram_used_bytes: none,
      vram_free_bytes: none,
      unified: known(true, chip.source),
      display_attached: displays?.known ? known(displays.value > 0, displays.source) : none,
      bandwidth_gbps: bandwidthOf({
        vendor: 'apple',
        name: chip.value,
        ...(cores === undefined ? {} : { gpuCores: cores }),
      }),
    },
  ];
}

/** Without the software rasteriser, without virtual adapters, without a second listing of the same card. */
function vulkanGpus(facts: Facts): readonly Gpu[] {
  const devices = facts['vulkan.devices'];
  if (!devices?.known) return [];
  const none = { known: false, reason: 'not-reported', detail: 'Vulkan does not tell' } as const;
  const seen = new Set<string>();
  return devices.value.flatMap((device, index): Gpu[] => {
    const { kind, vendor, uuid } = device;
    if ((kind !== 'discrete' && kind !== 'integrated') || vendor === undefined) return [];
    const key = uuid === '' ? `${device.name} ${index}` : uuid;
    if (seen.has(key)) return [];
    seen.add(key);
    return [
      {
        vendor,
        index,
        name: known(device.name, devices.source),
        ...(device.pci === undefined ? {} : { pci: known(device.pci, devices.source) }),
        vram_total_bytes: none,
        vram_used_bytes: none,
        vram_free_bytes: none,
        unified: kind === 'integrated' ? known(true, devices.source) : none,
        display_attached: none,
      },
    ];
  });
}
