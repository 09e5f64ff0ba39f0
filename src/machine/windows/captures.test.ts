/** What stored outputs of Windows machines say, by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertReading, bare, capture, type Expected } from '../../../test/support/machine-captures.ts';
import { known } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { combine } from '../collect.ts';
import type { Probe } from '../probe.ts';
import { gibi, mebi } from '../text/numbers.ts';
import { vulkanInfo } from '../vulkan/vulkaninfo.ts';
import { windowsAdapters } from './adapters.ts';
import { windowsDefender } from './defender.ts';
import { windowsDisplayRegistry } from './display-registry.ts';
import { windowsDxdiag } from './dxdiag.ts';
import { windowsPower } from './power.ts';
import { windowsWslList } from './wsl-list.ts';

const uuid = (last: number): string => `00000000-0000-0000-0000-00000000000${last}`;
const rx6600xt = {
  'windows.adapters': [
    { vendor: 'amd', index: 0, name: 'AMD Radeon RX 6600 XT', device_id: '1002:73ff', display_attached: true },
  ],
  'windows.basic_display': false,
  'nvidia.hardware_present': false,
  'display.largest_pixels': 1920 * 1080,
} as const;
const radeon = { name: 'AMD Radeon RX 6600 XT', device: '1002:73ff', driver: '30.0.21023.1015' } as const;

// biome-ignore format: one output a line
const readings: readonly (readonly [probe: Probe, file: string, facts: Expected])[] = [
  [windowsDefender, 'windows/defender/add-mppreference-fails-third-party-av.txt', { 'security.defender_mode': 'off' }],
  [windowsDefender, 'windows/defender/get-mpcomputerstatus-passive.json', { 'security.defender_mode': 'passive' }],
  [windowsDxdiag, 'windows/dxdiag/rtx3060-laptop-hybrid.display.txt', {
    'windows.adapters': [{ vendor: 'nvidia', index: 0, name: 'NVIDIA GeForce RTX 3060 Laptop GPU', device_id: '10de:2520', vram_total_bytes: 6023 * mebi, unified: false, display_attached: false }],
    'nvidia.driver': '462.80',
  }],
  [windowsDxdiag, 'windows/dxdiag/rtx3090-ultrawide.display.txt', {
    'windows.adapters': [{ vendor: 'nvidia', index: 0, name: 'NVIDIA GeForce RTX 3090', device_id: '10de:2204', vram_total_bytes: 24_348 * mebi, unified: false, display_attached: true }],
    'display.largest_pixels': 5120 * 1440,
  }],
  [windowsPower, 'windows/powercfg/a-s0-connected.txt', { 'power.sleep_states': ['S0'], 'power.modern_standby': true }],
  [windowsPower, 'windows/powercfg/a-s3-desktop.txt', { 'power.sleep_states': ['S3'], 'power.modern_standby': false }],
  // the GUID of the capture is a placeholder: it is Balanced by its name, which is not read
  [windowsPower, 'windows/powercfg/getactivescheme-balanced.txt', { 'power.plan': uuid(1), 'power.saver': false }],
  [windowsPower, 'windows/powercfg/query-standbyidle.txt', {
    'power.plan': '381b4222-f694-41f0-9685-ff5bb260df2e', 'power.saver': false, 'power.sleep_after_ac_min': 30, 'power.sleep_after_battery_min': 15,
  }],
  [windowsPower, 'windows/powercfg/requests-none.txt', { 'power.sleep_inhibited': false }],
  [windowsPower, 'windows/powercfg/win10-dell-xps.batteryreport.xml', { 'power.modern_standby': false, 'power.battery_present': true }],
  [windowsDisplayRegistry, 'windows/registry-display-class/intel-plus-nvidia.reg.txt', { 'windows.display_registry': [
    { device: '10de:1402', name: 'NVIDIA GeForce GTX 950', driver: '30.0.15.1215', vram_total_bytes: 2 * gibi },
    { device: '8086:0412', name: 'Intel(R) HD Graphics 4600', driver: '20.19.15.4624' },
  ] }],
  // the GTX 960 was taken out long ago; the Radeon is there twice
  [windowsDisplayRegistry, 'windows/registry-display-class/radeon-rx6600xt.reg.txt', { 'windows.display_registry': [
    { device: '10de:1401', name: 'NVIDIA GeForce GTX 960', driver: '27.21.14.5671', vram_total_bytes: 4 * gibi },
    { ...radeon, vram_total_bytes: 0x1_ff00_0000 },
    { ...radeon, vram_total_bytes: 0x1_ff00_0000 },
  ] }],
  [windowsAdapters, 'windows/win32_videocontroller/intel-hd-graphics.wmi.txt', {
    'windows.adapters': [{ vendor: 'intel', index: 0, name: 'Intel(R) HD Graphics', device_id: '8086:0102', unified: true, display_attached: true }],
    'windows.basic_display': false, 'nvidia.hardware_present': false, 'display.largest_pixels': 1680 * 1050,
  }],
  // 4293918720 is where the number ends, not the size of the card
  [windowsAdapters, 'windows/win32_videocontroller/radeon-rx6600xt.wmi.txt', rx6600xt],
  [windowsAdapters, 'windows/win32_videocontroller/radeon-rx6600xt.utf16le.wmi.bin', rx6600xt],
  [windowsAdapters, 'windows/win32_videocontroller/rdp-plus-intel-hd4600-plus-nvidia.wmi.txt', {
    'windows.adapters': [
      { vendor: 'virtual', index: 0, name: 'Microsoft Remote Display Adapter', display_attached: true },
      { vendor: 'intel', index: 1, name: 'Intel(R) HD Graphics 4600', device_id: '8086:0412', unified: true, display_attached: true },
      { vendor: 'nvidia', index: 2, name: 'NVIDIA GeForce GTX 950', device_id: '10de:1402', vram_total_bytes: 2 * gibi, unified: false, display_attached: true },
    ],
    'windows.basic_display': false, 'nvidia.hardware_present': true, 'nvidia.driver': '512.15', 'display.largest_pixels': 1920 * 1200,
    'gpu.hybrid': { integrated: 'Intel(R) HD Graphics 4600', discrete: 'NVIDIA GeForce GTX 950', mode: 'unknown' },
  }],
  [windowsAdapters, 'windows/win32_videocontroller/rtx4090-plus-uhd770.wmic.txt', {
    'windows.adapters': [
      { vendor: 'nvidia', index: 0, name: 'NVIDIA GeForce RTX 4090', unified: false },
      { vendor: 'intel', index: 1, name: 'Intel(R) UHD Graphics 770', unified: true },
    ],
    'windows.basic_display': false, 'nvidia.hardware_present': true,
    'gpu.hybrid': { integrated: 'Intel(R) UHD Graphics 770', discrete: 'NVIDIA GeForce RTX 4090', mode: 'unknown' },
  }],
  [windowsAdapters, 'windows/win32_videocontroller/virtual-plus-three.json', {
    'windows.adapters': [
      { vendor: 'virtual', index: 0, name: 'Parsec Virtual Display Adapter' },
      { vendor: 'nvidia', index: 1, name: 'NVIDIA GeForce RTX 4070 SUPER', device_id: '10de:2783', unified: false },
      { vendor: 'amd', index: 2, name: 'AMD Radeon(TM) Graphics', device_id: '1002:13c0', vram_total_bytes: 512 * mebi },
      { vendor: 'intel', index: 3, name: 'Intel(R) Arc(TM) A770 Graphics', device_id: '8086:5690', unified: false },
    ],
    'windows.basic_display': false, 'nvidia.hardware_present': true,
  }],
  // usage in Chinese: an old wsl.exe, and no table
  [windowsWslList, 'windows/wsl/list-not-supported.zh-CN.txt', {}],
  [windowsWslList, 'windows/wsl/list-verbose.utf16le.bin', { 'wsl.distributions': [
    { name: 'Ubuntu-24.04', version: 2, default: true },
    { name: 'docker-desktop', version: 2, default: false },
    { name: 'Debian', version: 1, default: false },
  ] }],
  // Vulkan on Linux and Windows
  [vulkanInfo, 'linux/vulkaninfo/dgx-spark.stderr.txt', {}],
  [vulkanInfo, 'linux/vulkaninfo/rx6600xt-amdvlk.summary.txt', { 'vulkan.devices': [{ name: 'AMD Radeon RX 6600 XT', kind: 'discrete', uuid: uuid(1), driver: 'AMD proprietary driver', vendor: 'amd' }] }],
  [vulkanInfo, 'linux/vulkaninfo/rx9070xt-plus-raphael.device-select.txt', { 'vulkan.devices': [
    { name: 'AMD Radeon Graphics (RADV GFX1201)', kind: 'discrete', uuid: '', driver: '', vendor: 'amd', pci: '0000:03:00.0' },
    { name: 'AMD Radeon Graphics (RADV RAPHAEL_MENDOCINO)', kind: 'integrated', uuid: '', driver: '', vendor: 'amd', pci: '0000:19:00.0' },
  ] }],
  // the processor pretending to be a GPU
  [vulkanInfo, 'linux/vulkaninfo/t4-cloud-only-llvmpipe.summary.txt', { 'vulkan.devices': [{ name: 'llvmpipe (LLVM 15.0.7, 256 bits)', kind: 'cpu', uuid: uuid(1), driver: 'llvmpipe', vendor: 'virtual' }] }],
  [vulkanInfo, 'windows/vulkaninfo/rdp-intel530-r9380.summary.txt', { 'vulkan.devices': [
    { name: 'Intel(R) HD Graphics 530', kind: 'integrated', uuid: uuid(1), driver: 'Intel Corporation', vendor: 'intel' },
    { name: 'AMD Radeon (TM) R9 380 Series', kind: 'discrete', uuid: '', driver: 'AMD proprietary driver', vendor: 'amd' },
  ] }],
];
for (const [probe, file, facts] of readings) {
  test(`${probe.name}: ${file}`, () => assertReading(probe, file, facts));
}

test('when Windows sleeps is told by GUID and order, in any language, and not from a part', () => {
  const english = capture('windows/powercfg/query-standbyidle.txt');
  const parse = (text: string) => bare(windowsPower.parse([{ source: 'powercfg', text }]));
  const dutch = english
    .replace('Current AC Power Setting Index', 'Index van huidige wisselstroominstelling')
    .replace('Current DC Power Setting Index', 'Index van huidige gelijkstroominstelling');
  assert.deepEqual(parse(dutch), parse(english));
  const setting = english.split('\n').slice(4);
  assert.deepEqual(parse(setting.join('\n')), { 'power.sleep_after_ac_min': 30, 'power.sleep_after_battery_min': 15 });
  assert.deepEqual(parse(setting.slice(0, -3).join('\n')), {});
});

test('of the two the one counts that applies now', () => {
  const times = windowsPower.parse([{ source: 'powercfg', text: capture('windows/powercfg/query-standbyidle.txt') }]);
  const after = (facts: Facts) => bare(combine([times, facts])['power.sleep_after_min']);
  assert.equal(after({ 'power.source': known('ac', 'test') }), 30);
  assert.equal(after({ 'power.source': known('battery', 'test') }), 15);
  assert.equal(after({ 'power.battery_present': known(false, 'test') }), 30);
  assert.ok(!combine([times])['power.sleep_after_min']?.known);
});
