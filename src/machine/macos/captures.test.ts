/** What stored outputs of Macs say, by hand. */
import { test } from 'node:test';
import { assertReading, type Expected } from '../../../test/support/machine-captures.ts';
import type { Probe } from '../probe.ts';
import { gibi, mebi } from '../text/numbers.ts';
import { macosKernel } from './kernel.ts';
import { macosMetalLog } from './metal-log.ts';
import { macosPower } from './power.ts';
import { macosProfiler } from './profiler.ts';
import { macosSysctl } from './sysctl.ts';
import { macosVmStat } from './vm-stat.ts';

const page = 16_384;
const hd530 = {
  vendor: 'intel',
  index: 0,
  name: 'Intel HD Graphics 530',
  unified: true,
  device_id: '8086:191b',
} as const;
const pro450 = { vendor: 'amd', index: 0, name: 'AMD Radeon Pro 450', device_id: '1002:67ef' } as const;

// biome-ignore format: one output a line
const readings: readonly (readonly [probe: Probe, file: string, facts: Expected])[] = [
  [macosKernel, 'macos/identity/macbook-neo-a18pro.txt', { 'os.kernel': '25.3.0', 'os.version': '26.3', 'os.distribution': 'macos' }],
  // "MB" of llama.cpp are decimal; 112 GiB is what the owner raised it to later
  [macosMetalLog, 'macos/metal-log/128gb-m5max.txt', { 'apple.working_set_bytes': Math.round(107.52 * gibi) }],
  [macosMetalLog, 'macos/metal-log/16gb-newer-macos.txt', { 'apple.working_set_bytes': 12_713_120_000 }],
  [macosMetalLog, 'macos/metal-log/m1pro-16gb-old.txt', { 'apple.working_set_bytes': 11_453_250_000 }],
  [macosPower, 'macos/pmset/assertions-handoff.txt', { 'power.sleep_inhibited': true }],
  [macosPower, 'macos/pmset/assertions-three-kinds.txt', { 'power.sleep_inhibited': true }],
  // Apple silicon says nothing of its heat
  [macosPower, 'macos/pmset/therm-m1pro.txt', {}],
  [macosSysctl, 'macos/sysctl/iogpu-128gb-tuned.txt', { 'apple.wired_limit_bytes': 114_688 * mebi }],
  [macosSysctl, 'macos/sysctl/iogpu-default.txt', { 'apple.wired_limit_bytes': 0 }],
  [macosSysctl, 'macos/sysctl/m1.machdep-cpu.txt', { 'cpu.name': 'Apple M1', 'apple.chip': 'Apple M1', 'cpu.physical_cores': 8, 'cpu.logical_cores': 8 }],
  [macosSysctl, 'macos/sysctl/m4pro-14core.txt', { 'cpu.name': 'Apple M4 Pro', 'apple.chip': 'Apple M4 Pro', 'cpu.logical_cores': 14 }],
  [macosSysctl, 'macos/sysctl/memorystatus-normal.txt', { 'memory.pressure': 'normal' }],
  [macosProfiler, 'macos/system_profiler/intel-mac-dual-display-475.txt', {
    'display.count': 1, 'display.largest_pixels': 2880 * 1800,
    'intel.gpus': [{ ...hd530, display_attached: false }],
    // "Dynamic, Max" is no memory of its own
    'amd.gpus': [{ ...pro450, display_attached: true }],
  }],
  [macosProfiler, 'macos/system_profiler/intel-mac-mojave-dual-video-cards.txt', {
    'display.count': 1, 'display.largest_pixels': 2880 * 1800,
    'intel.gpus': [{ ...hd530, display_attached: true }],
    'amd.gpus': [{ ...pro450, vram_total_bytes: 2 * gibi, display_attached: false }],
  }],
  // its name is a key that was never translated
  [macosProfiler, 'macos/system_profiler/m1-localised-name.SPDisplays.json', { 'display.count': 1, 'display.largest_pixels': 2880 * 1800 }],
  [macosProfiler, 'macos/system_profiler/m2max-30core.SPDisplays.json', { 'apple.chip': 'Apple M2 Max', 'apple.gpu_cores': 30, 'display.count': 1 }],
  [macosProfiler, 'macos/system_profiler/m3-two-displays.SPDisplays.txt', { 'apple.chip': 'Apple M3', 'apple.gpu_cores': 10, 'display.count': 2, 'display.largest_pixels': 3024 * 1964 }],
  [macosProfiler, 'macos/system_profiler/m3pro-14core.SPDisplays.json', { 'apple.chip': 'Apple M3 Pro', 'apple.gpu_cores': 14, 'display.count': 0 }],
  [macosProfiler, 'macos/system_profiler/macbookair-m1-16gb-macos11.full.txt', {
    'apple.chip': 'Apple M1', 'apple.model': 'MacBookAir10,1', 'apple.gpu_cores': 8, 'thermal.fanless': true, 'memory.total_bytes': 16 * gibi,
    'display.count': 1, 'display.largest_pixels': 2560 * 1600,
    'power.source': 'ac', 'power.battery_level': 1, 'power.battery_present': true, 'power.sleep_after_min': 1,
    'os.version': '11.2.3', 'os.distribution': 'macos', 'os.kernel': '20.3.0',
  }],
  // too short to tell what is backed by files
  [macosVmStat, 'macos/vm_stat/24gib-m-series-short.txt', { 'memory.compressor_bytes': 320_058 * page }],
  // free + speculative + purgeable + file-backed, which is less than inactive
  [macosVmStat, 'macos/vm_stat/32gib-class-apple-silicon-busy.txt', {
    'memory.available_bytes': (6472 + 18_210 + 19_224 + 546_992) * page, 'memory.compressor_bytes': 424_276 * page, 'memory.swapouts': 437_651,
  }],
  // cut in the middle of a number before the line of swapouts
  [macosVmStat, 'macos/vm_stat/m-series-under-pressure.txt', {
    'memory.available_bytes': (3857 + 1075 + 17_340 + 294_894) * page, 'memory.compressor_bytes': 442_179 * page,
  }],
];
for (const [probe, file, facts] of readings) {
  test(`${probe.name}: ${file}`, () => assertReading(probe, file, facts));
}
