/** Every GPU once, however many tools saw it; from stored outputs of the tools. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bare, capture } from '../../test/support/machine-captures.ts';
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import { amdKfd } from './amd/kfd.ts';
import { rocmSmi } from './amd/rocm-smi.ts';
import { rocminfo } from './amd/rocminfo.ts';
import { combine } from './collect.ts';
import { bandwidthOf } from './data/gpu-bandwidth.ts';
import { withTarget } from './gpu-merge.ts';
import { linuxPci } from './linux/pci.ts';
import { nvidiaSmi } from './nvidia/nvidia-smi.ts';
import type { Probe } from './probe.ts';
import { gibi, mebi } from './text/numbers.ts';
import { vulkanInfo } from './vulkan/vulkaninfo.ts';
import { windowsAdapters } from './windows/adapters.ts';
import { windowsDisplayRegistry } from './windows/display-registry.ts';

const from = (probe: Probe, text: string): Facts => probe.parse([{ source: probe.name, text }]);
const captured = (probe: Probe, file: string): Facts => from(probe, capture(file));
const gpus = (...facts: Facts[]): readonly Gpu[] => knownValue(combine(facts)['gpu.all']) ?? [];

test('an AMD card seen by the kernel, the bus, rocm-smi, rocminfo and Vulkan is one', () => {
  const [gpu, ...others] = gpus(
    captured(rocmSmi, 'linux/rocm-smi/rx7900xt-gfx1100.json'),
    from(
      amdKfd,
      '==> /sys/class/kfd/kfd/topology/nodes/1/properties <==\nsimd_count 168\ngfx_target_version 110000\nlocation_id 768\ndomain 0\ndevice_id 29772\n',
    ),
    from(
      rocminfo,
      'Agent 2\n  Name:                    gfx1100\n  Marketing Name:          AMD Radeon RX 7900 XT\n  Device Type:             GPU\n*** Done ***\n',
    ),
    from(
      linuxPci,
      '==> /sys/bus/pci/devices/0000:03:00.0 <==\nclass=0x030000\nvendor=0x1002\ndevice=0x744c\nmem_info_vram_total=21458059264\ndriver=amdgpu\n',
    ),
    from(
      vulkanInfo,
      'Devices:\n========\nGPU0:\n\tvendorID = 0x1002\n\tdeviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n\tdeviceName = AMD Radeon RX 7900 XT (RADV NAVI31)\n',
    ),
  );
  assert.deepEqual(others, []);
  assert.deepEqual(
    [gpu?.pci, gpu?.gfx, gpu?.name, gpu?.unified, gpu?.bandwidth_gbps].map(knownValue as (fact: unknown) => unknown),
    ['0000:03:00.0', 'gfx1100', 'Radeon RX 7900 XT', false, 800],
  );
});

test('a card and a processor with graphics stay two', () => {
  const text = (pci: string, vendor: string): string =>
    `==> /sys/bus/pci/devices/${pci} <==\nclass=0x030000\nvendor=${vendor}\ndevice=0x1234\n`;
  const both = gpus(
    from(linuxPci, text('0000:03:00.0', '0x1002') + text('0000:19:00.0', '0x1002')),
    captured(vulkanInfo, 'linux/vulkaninfo/rx9070xt-plus-raphael.device-select.txt'),
  );
  assert.deepEqual(
    both.map(({ pci }) => knownValue(pci)),
    ['0000:03:00.0', '0000:19:00.0'],
  );
  assert.deepEqual(
    both.map(({ name }) => knownValue(name)),
    ['AMD Radeon Graphics (RADV GFX1201)', 'AMD Radeon Graphics (RADV RAPHAEL_MENDOCINO)'],
  );
});

test('two cards of one kind are two, in the list of every tool', () => {
  const list = captured(nvidiaSmi, 'linux/nvidia-smi/quadro-rtx4000-x2.list.txt');
  const adapters = JSON.stringify(
    [1, 2].map(() => ({ Name: 'Quadro RTX 4000', PNPDeviceID: 'PCI\\VEN_10DE&DEV_1EB1' })),
  );
  assert.equal(gpus(list).length, 2);
  assert.equal(gpus(list, from(windowsAdapters, adapters)).length, 2);
});

test('Windows: adapters by WMI, memory by the registry, figures by nvidia-smi, no virtual display', () => {
  const all = gpus(
    captured(windowsAdapters, 'windows/win32_videocontroller/virtual-plus-three.json'),
    captured(windowsDisplayRegistry, 'windows/registry-display-class/radeon-rx6600xt.reg.txt'),
    from(
      nvidiaSmi,
      'index, name, uuid, memory.total [MiB], memory.free [MiB]\n0, NVIDIA GeForce RTX 4070 SUPER, GPU-1, 12282 MiB, 10000 MiB\n',
    ),
  );
  assert.deepEqual(
    all.map(({ vendor }) => vendor),
    ['nvidia', 'amd', 'intel'],
  );
  assert.equal(knownValue(all[0]!.vram_free_bytes), 10_000 * mebi);
  assert.equal(knownValue(all[0]!.bandwidth_gbps), 504);
});

test('the registry gives a capped card its true memory, and cards long gone are none', () => {
  const all = gpus(
    captured(windowsAdapters, 'windows/win32_videocontroller/radeon-rx6600xt.wmi.txt'),
    captured(windowsDisplayRegistry, 'windows/registry-display-class/radeon-rx6600xt.reg.txt'),
  );
  assert.equal(all.length, 1);
  assert.equal(knownValue(all[0]!.vram_total_bytes), 0x1_ff00_0000);
});

test('WSL lists the card through Direct3D once more: it is the same', () => {
  const layered =
    'Devices:\n========\nGPU0:\n\tvendorID = 0x10de\n\tdeviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n\tdeviceName = Microsoft Direct3D12 (NVIDIA GeForce RTX 3060 Laptop GPU)\n';
  const all = gpus(captured(nvidiaSmi, 'linux/nvidia-smi/rtx3060-laptop-linux-r515.xml'), from(vulkanInfo, layered));
  assert.equal(all.length, 1);
});

test('a processor that draws is no GPU, and where tools looked the answer is none', () => {
  assert.deepEqual(gpus(captured(vulkanInfo, 'linux/vulkaninfo/t4-cloud-only-llvmpipe.summary.txt')), []);
  assert.deepEqual(gpus(captured(linuxPci, 'linux/lspci/ubuntu2010-vmware.lspci-nnmmv.txt')), []);
});

test('an Apple chip is a GPU with the memory of its machine', () => {
  const [gpu] = gpus({
    'apple.chip': known('Apple M2 Max', 't'),
    'apple.gpu_cores': known(30, 't'),
    'memory.total_bytes': known(64 * gibi, 't'),
  });
  assert.deepEqual(
    [gpu!.vram_total_bytes, gpu!.unified, gpu!.bandwidth_gbps].map(knownValue as (fact: unknown) => unknown),
    [64 * gibi, true, 409.6],
  );
});

const models: readonly (readonly [vendor: Gpu['vendor'], name: string, more: object, gbps: number | undefined])[] = [
  ['nvidia', 'NVIDIA GeForce RTX 2080 SUPER', { vramBytes: 8192 * mebi }, 496],
  ['nvidia', 'NVIDIA H100 80GB HBM3', { vramBytes: 81_559 * mebi }, 3350],
  ['nvidia', 'NVIDIA A100-SXM4-40GB', { vramBytes: 40_960 * mebi }, 1555],
  ['nvidia', 'Tesla T4', { vramBytes: 15_109 * mebi }, 320],
  // A laptop's chip of nearly the same name is another, and a 12 GB variant has another bus.
  ['nvidia', 'NVIDIA GeForce RTX 3060 Laptop GPU', {}, undefined],
  ['nvidia', 'NVIDIA GeForce RTX 3080', { vramBytes: 12_288 * mebi }, undefined],
  ['amd', 'Arcturus GL-XL [Instinct MI100]', { vramBytes: 34_342_961_152 }, 1229],
  ['amd', 'Navi 22 [Radeon RX 6700/6700 XT / 6800M]', {}, undefined],
  ['intel', 'Intel(R) Arc(TM) A770 Graphics', {}, 560],
  ['apple', 'Apple M3 Max', { gpuCores: 30 }, 307.2],
  ['apple', 'Apple M3 Max', {}, undefined],
];
for (const [vendor, name, more, gbps] of models) {
  test(`${name} ${JSON.stringify(more)}: ${gbps ?? 'not known'} GB/s`, () => {
    assert.equal(knownValue(bandwidthOf({ vendor, name, ...more })), gbps);
  });
}

test('what the bus says of a card in a case of its own reaches the GPU its driver lists', () => {
  const facts = combine([
    from(nvidiaSmi, 'index, name, pci.bus_id\n0, NVIDIA GeForce RTX 3090, 00000000:08:00.0\n'),
    from(
      linuxPci,
      '==> /sys/bus/pci/devices/0000:08:00.0 <==\nclass=0x030000\nvendor=0x10de\ndevice=0x2204\nexternal=1\ndriver=nvidia\n',
    ),
  ]);
  const [gpu] = knownValue(facts['gpu.all']) ?? [];
  assert.deepEqual(bare([gpu?.name, gpu?.external]), ['NVIDIA GeForce RTX 3090', true]);
});

test("AMD's device number stands in for a target and a kind of memory that no tool tells", () => {
  const missing = { known: false, reason: 'not-reported', detail: 'nobody tells', source: 'test' } as const;
  const of = (device: string) => {
    const { gfx, unified } = withTarget({
      vendor: 'amd',
      index: 0,
      name: missing,
      vram_total_bytes: missing,
      vram_used_bytes: missing,
      vram_free_bytes: missing,
      unified: missing,
      display_attached: missing,
      device_id: known(device, 'bus'),
    });
    return [knownValue(gfx), knownValue(unified)];
  };
  assert.deepEqual(of('1002:73df'), ['gfx1031', false]);
  assert.deepEqual(of('1002:13c0'), ['gfx1036', true]);
  assert.deepEqual(of('1002:ffff'), [undefined, undefined]);
});
