/** What stored outputs of AMD's tools say. Figures of rocm-smi were read with another program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertReading, bare, capture, type Expected } from '../../../test/support/machine-captures.ts';
import type { Probe } from '../probe.ts';
import { parseJson } from '../text/json.ts';
import { amdSmi, quantity } from './amd-smi.ts';
import { amdKfd } from './kfd.ts';
import { rocmSmi } from './rocm-smi.ts';
import { rocminfo } from './rocminfo.ts';

// biome-ignore format: one output a line
const readings: readonly (readonly [probe: Probe, file: string, facts: Expected])[] = [
  [rocmSmi, 'linux/rocm-smi/mi100x6-rocm571.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:1e:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11399168, temperature_celsius: 31, power_watts: 39, utilization: 0 }, { vendor: 'amd', index: 1, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:22:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11366400, temperature_celsius: 30, power_watts: 37, utilization: 0 }, { vendor: 'amd', index: 2, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:3f:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11366400, temperature_celsius: 31, power_watts: 35, utilization: 0 }, { vendor: 'amd', index: 3, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:43:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11366400, temperature_celsius: 33, power_watts: 39, utilization: 0 }, { vendor: 'amd', index: 4, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:46:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11366400, temperature_celsius: 32, power_watts: 39, utilization: 0 }, { vendor: 'amd', index: 5, name: 'Arcturus GL-XL [Instinct MI100]', vram_total_bytes: 34342961152, vram_used_bytes: 6782976, vram_free_bytes: 34336178176, pci: '0000:49:00.0', device_id: '1002:738c', visible_vram_bytes: 34342961152, gtt_total_bytes: 135048462336, gtt_used_bytes: 11366400, temperature_celsius: 33, power_watts: 40, utilization: 0 }], 'amd.driver': '6.2.4' }],
  [rocmSmi, 'linux/rocm-smi/mi50-32gb-rocm.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'Radeon Instinct MI50 32GB', vram_total_bytes: 34342961152, vram_used_bytes: 10850304, vram_free_bytes: 34332110848, pci: '0000:63:00.0', device_id: '1002:66a1', visible_vram_bytes: 34342961152, gtt_total_bytes: 54974742528, gtt_used_bytes: 11591680, temperature_celsius: 36, power_watts: 26, utilization: 0 }], 'amd.driver': '5.9.17' }],
  [rocmSmi, 'linux/rocm-smi/rx6700xt-rocm430.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, vram_total_bytes: 12868124672, vram_used_bytes: 1622728704, vram_free_bytes: 11245395968, pci: '0000:07:00.0', device_id: '1002:73df', visible_vram_bytes: 268435456, gtt_total_bytes: 16792432640, gtt_used_bytes: 244150272, temperature_celsius: 45, power_watts: 6, utilization: 0 }], 'amd.driver': '6.3.6' }],
  [rocmSmi, 'linux/rocm-smi/rx6700xt-rocm571.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'Navi 22 [Radeon RX 6700/6700 XT / 6800M]', vram_total_bytes: 12868124672, vram_used_bytes: 1564491776, vram_free_bytes: 11303632896, pci: '0000:07:00.0', device_id: '1002:73df', visible_vram_bytes: 268435456, gtt_total_bytes: 16792432640, gtt_used_bytes: 248328192, temperature_celsius: 45, power_watts: 6, utilization: 0 }], 'amd.driver': '6.3.6' }],
  [rocmSmi, 'linux/rocm-smi/rx6700xt-rocm602.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'Navi 22 [Radeon RX 6700/6700 XT / 6800M]', vram_total_bytes: 12868124672, vram_used_bytes: 1572757504, vram_free_bytes: 11295367168, pci: '0000:07:00.0', device_id: '1002:73df', visible_vram_bytes: 268435456, gtt_total_bytes: 16792432640, gtt_used_bytes: 242049024, temperature_celsius: 45, utilization: 0 }], 'amd.driver': '6.3.6' }],
  [rocmSmi, 'linux/rocm-smi/rx7900xt-gfx1100.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'Radeon RX 7900 XT', vram_total_bytes: 21458059264, vram_used_bytes: 27856896, vram_free_bytes: 21430202368, gfx: 'gfx1100', unified: false, utilization: 0 }] }],
  [rocmSmi, 'linux/rocm-smi/vega10-rocm.json', { 'amd.gpus': [{ vendor: 'amd', index: 0, vram_total_bytes: 17163091968, vram_used_bytes: 17776640, vram_free_bytes: 17145315328, pci: '0000:04:00.0', device_id: '1002:6861', visible_vram_bytes: 268435456, gtt_total_bytes: 17163091968, gtt_used_bytes: 25608192, temperature_celsius: 39, power_watts: 15, utilization: 0 }], 'amd.driver': '5.9.25' }],
  [amdSmi, 'linux/amd-smi/mi350x.static.txt', { 'amd.driver': '6.18.3', 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'AMD Instinct MI350X', gfx: 'gfx950', unified: false, pci: '0000:05:00.0', device_id: '1002:75a0' }] }],
  // A laptop's second agent; the processor's 780M is a third that was cut off.
  [rocminfo, 'linux/rocminfo/gfx1102-rx7700s-laptop.agent2.txt', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'AMD Radeon RX 7700S', gfx: 'gfx1102', unified: false }] }],
  [rocminfo, 'linux/rocminfo/gfx1151-strix-halo.agent2.txt', { 'amd.gpus': [{ vendor: 'amd', index: 0, name: 'AMD Radeon 8060S Graphics', gfx: 'gfx1151', unified: true, device_id: '1002:1586' }] }],
  // Cut after the processor: that is no word about GPUs.
  [rocminfo, 'linux/rocminfo/ryzen7800x3d-header-cpu-agent.txt', {}],
  [rocminfo, 'wsl/rocminfo/i5-12490f-rx7900xtx-wsl2.agent1.txt', {}],
];
for (const [probe, file, facts] of readings) {
  test(`${probe.name}: ${file}`, () => assertReading(probe, file, facts));
}

test('linux/amd-smi/apu-metric-fragment.json: a number has its unit beside it, or is "N/A"', () => {
  const clocks = parseJson(capture('linux/amd-smi/apu-metric-fragment.json')) as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal(quantity(clocks.fclk_0!.clk, 'MHz'), 1000);
  assert.equal(quantity(clocks.fclk_0!.max_clk, 'MHz'), 2301);
  assert.equal(quantity(clocks.fclk_0!.clk, 'MB'), undefined);
  assert.equal(quantity(clocks.dclk_3!.clk, 'MHz'), undefined);
  assert.deepEqual(
    bare(amdSmi.parse([{ source: 'amd-smi', text: capture('linux/amd-smi/apu-metric-fragment.json') }])),
    {},
  );
});

test('the kernel names targets as compilers do, and places as PCI does', () => {
  const text = `==> /dev/kfd <==\npresent=yes\nusable=no\n
==> /sys/class/kfd/kfd/topology/nodes/0/properties <==\nsimd_count 0\ngfx_target_version 0\n
==> /sys/class/kfd/kfd/topology/nodes/1/properties <==\nsimd_count 96\ngfx_target_version 110001\nvendor_id 4098\ndevice_id 29822\nlocation_id 768\ndomain 0\n`;
  assert.deepEqual(bare(amdKfd.parse([{ source: 'kfd', text }])), {
    'amd.kfd_present': true,
    'amd.kfd_readable': false,
    'amd.gpus': [
      { vendor: 'amd', index: 0, gfx: 'gfx1101', unified: false, pci: '0000:03:00.0', device_id: '1002:747e' },
    ],
  });
});
