/**
 * What the checks make of real machines: a stored output goes through the probe that reads such outputs,
 * and the facts through all checks. For each landmine that shows in a capture, one capture that has it
 * and one that has not. What a machine would know besides is given with the row.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Facts, FactTable } from '../../src/contract/machine/facts.ts';
import { factsOf, gpu } from '../../src/landmines/examples.ts';
import { checkAll, findingsOf } from '../../src/landmines/index.ts';
import { allProbes } from '../../src/machine/all-probes.ts';
import { combine } from '../../src/machine/collect.ts';
import { decodeText } from '../../src/machine/text/decode.ts';
import { storedReadings } from '../../src/machine/text/stored.ts';

/** Probe and file of `src/machine/fixtures/`. */
type Capture = readonly [probe: string, file: string];

interface Row {
  readonly story: string;
  readonly captures: readonly Capture[];
  readonly besides: Partial<FactTable>;
  readonly found?: readonly string[];
  /** Was looked at, and is fine. */
  readonly fine?: readonly string[];
}

function factsFrom({ captures, besides }: Row): Facts {
  const parsed = captures.map(([name, file]) => {
    const probe = allProbes.find((each) => each.name === name);
    assert.ok(probe !== undefined, `there is no probe ${name}`);
    const bytes = readFileSync(new URL(`../../src/machine/fixtures/${file}`, import.meta.url));
    return probe.parse(storedReadings(decodeText(bytes), file));
  });
  return combine([...parsed, factsOf(besides)]);
}

const linux = { 'os.family': 'linux', 'os.wsl': 0, 'os.container': 'none' } as const;
const windows = { 'os.family': 'windows', 'os.wsl': 0 } as const;
const macos = { 'os.family': 'macos' } as const;
const smi = (file: string): Capture => ['nvidia-smi', file];
const noLibraries = { 'libraries.cuda': [] } as const;

const rows: readonly Row[] = [
  {
    story: 'a Pascal card never runs CUDA 13: its driver is new enough for what it can',
    captures: [smi('linux/nvidia-smi/quadro-p2000-linux-r525.xml')],
    besides: linux,
    found: ['gpu-too-old-for-cuda13'],
    fine: ['cuda-driver-too-old'],
  },
  {
    story: 'a TITAN V beside an Ada card: the newer one could use CUDA 13',
    captures: [smi('linux/nvidia-smi/titanv-plus-rtx5880ada-r570.query-gpu.csv')],
    besides: linux,
    found: ['cuda-driver-too-old'],
  },
  {
    story: 'a T4 with driver 515 is below CUDA 12',
    captures: [smi('linux/nvidia-smi/tesla-t4-linux-r515.xml')],
    besides: linux,
    found: ['cuda-driver-too-old'],
    fine: ['vram-in-use', 'gpu-too-old-for-cuda13'],
  },
  {
    story: 'a driver with a version of two parts is compared as numbers',
    captures: [smi('linux/nvidia-smi/l40s-fedora44-cloud-r595.query-gpu.csv')],
    besides: linux,
    found: ['persistence-off'],
    fine: ['cuda-driver-too-old', 'display-takes-vram', 'gpu-too-old-for-cuda13'],
  },
  {
    story: 'the driver of a Windows PC is held against the floor of Windows',
    captures: [smi('windows/nvidia-smi/rtx3080-windows-r536.xml')],
    besides: { ...windows, ...noLibraries },
    found: ['cuda-driver-too-old', 'cuda-libraries-missing', 'display-takes-vram'],
    fine: ['vram-in-use'],
  },
  {
    story: 'a current driver without the runtime libraries is not CUDA',
    captures: [smi('linux/nvidia-smi/rtx2080super-fedora44-r595.q.txt')],
    besides: { ...linux, ...noLibraries },
    found: ['cuda-libraries-missing', 'display-takes-vram'],
    fine: ['cuda-driver-too-old'],
  },
  {
    story: 'the renamed fields of driver 610 are no trouble',
    captures: [smi('linux/nvidia-smi/rtx2080super-fedora44-r610.query-gpu.csv')],
    besides: linux,
    fine: ['cuda-driver-too-old', 'display-takes-vram', 'gpu-throttled', 'gpu-too-old-for-cuda13'],
  },
  {
    story: 'Pascal is recognised by name where the driver does not tell the capability',
    captures: [smi('linux/nvidia-smi/quadro-p2000-linux-r525.xml')],
    besides: { ...linux, ...noLibraries },
    found: ['gpu-too-old-for-cuda13'],
  },
  {
    story: 'a TITAN V beside an Ada card: only the old one is named',
    captures: [smi('linux/nvidia-smi/titanv-plus-rtx5880ada-r570.query-gpu.csv')],
    besides: { ...linux, ...noLibraries },
    found: ['gpu-too-old-for-cuda13'],
  },
  {
    story: 'an H200 split in five',
    captures: [smi('linux/nvidia-smi/h200-mig-ubuntu2204-r590.q.txt')],
    besides: linux,
    found: ['mig-partitions'],
    fine: ['cuda-driver-too-old'],
  },
  {
    story: 'an H100 that is not split',
    captures: [smi('linux/nvidia-smi/h100-80gb-ubuntu2204-r590.query-gpu.csv')],
    besides: linux,
    fine: ['mig-partitions', 'persistence-off', 'display-takes-vram', 'vram-in-use'],
  },
  {
    story: 'an RTX 3080 that another program fills',
    captures: [smi('linux/nvidia-smi/rtx3080-linux-r595.xml')],
    besides: linux,
    found: ['vram-in-use'],
  },
  {
    story: 'driver and library of different versions',
    captures: [smi('linux/nvidia-smi-failures/driver-library-mismatch-570.txt')],
    besides: { ...linux, 'nvidia.hardware_present': true },
    found: ['nvidia-version-mismatch'],
    fine: ['nvidia-driver-not-loaded', 'nvidia-driver-missing'],
  },
  {
    story: 'nvidia-smi cannot talk to the driver',
    captures: [smi('linux/nvidia-smi-failures/no-driver-comm.txt')],
    besides: { ...linux, 'nvidia.hardware_present': true },
    found: ['nvidia-driver-not-loaded'],
    fine: ['nvidia-version-mismatch', 'nvidia-no-devices'],
  },
  {
    story: 'a driver without a GPU',
    captures: [smi('linux/nvidia-smi-failures/no-devices.txt')],
    besides: { ...linux, 'nvidia.hardware_present': true },
    found: ['nvidia-no-devices'],
  },
  {
    story: 'a Linux driver inside WSL is the cause of the silence of nvidia-smi',
    captures: [smi('wsl/nvidia-smi-failures/no-driver-comm-wsl2.txt'), ['linux-kernel', 'wsl/osrelease/wsl2-6.6.txt']],
    besides: { 'os.family': 'linux', 'os.container': 'none', 'wsl.linux_driver_installed': true },
    found: ['wsl-linux-driver', 'nvidia-driver-not-loaded'],
    fine: ['wsl1'],
  },
  {
    story: 'in WSL the driver is that of Windows',
    captures: [
      smi('wsl/nvidia-smi/rtx3060laptop-wsl2-cuda-err.table.txt'),
      ['linux-kernel', 'wsl/osrelease/wsl2-6.6.txt'],
    ],
    besides: { 'os.family': 'linux', 'os.container': 'none' },
    found: ['cuda-driver-too-old'],
  },
  {
    story: 'WSL 1 by its kernel',
    captures: [['linux-kernel', 'linux/proc-version/wsl1-19041.txt']],
    besides: { 'os.family': 'linux', 'os.container': 'none' },
    found: ['wsl1'],
  },
  {
    story: 'a container on a T4 host that was not given Vulkan',
    captures: [
      ['vulkaninfo', 'linux/vulkaninfo/t4-cloud-only-llvmpipe.summary.txt'],
      smi('linux/nvidia-smi/tesla-t4-in-container-r535.table.txt'),
    ],
    besides: {
      'os.family': 'linux',
      'os.wsl': 0,
      'os.container': 'docker',
      'nvidia.hardware_present': true,
      'container.driver_capabilities': ['compute', 'utility'],
    },
    found: ['container-no-graphics', 'vulkan-software-only'],
  },
  {
    story: 'an RX 6600 XT with its own Vulkan driver',
    captures: [['vulkaninfo', 'linux/vulkaninfo/rx6600xt-amdvlk.summary.txt']],
    besides: linux,
    fine: ['vulkan-software-only'],
  },
  {
    story: 'an MI50 under an old ROCm; its tool does not tell the target',
    captures: [['rocm-smi', 'linux/rocm-smi/mi50-32gb-rocm.json']],
    besides: { ...linux, 'amd.rocm_version': '6.0.2' },
    found: ['rocm-too-old'],
    fine: ['rocm-override-wrong', 'amd-small-window'],
  },
  {
    story: 'an RX 6700 XT of ROCm 4.3, which tells neither name nor target: its device number does',
    captures: [['rocm-smi', 'linux/rocm-smi/rx6700xt-rocm430.json']],
    besides: { ...linux, 'amd.rocm_version': '7.2.0' },
    found: ['rocm-gfx-unsupported', 'amd-small-window'],
  },
  {
    story: 'a Vega 10 shows a window of 256 MiB too',
    captures: [['rocm-smi', 'linux/rocm-smi/vega10-rocm.json']],
    besides: linux,
    found: ['amd-small-window'],
  },
  {
    story: 'a headless server with two Quadro RTX 4000, as a table that somebody pasted',
    captures: [smi('linux/nvidia-smi/quadro-rtx4000-x2-r535.table.txt')],
    besides: { 'os.family': 'linux' },
    found: ['persistence-off'],
  },
  {
    story: 'the H200 whose CSV says that it is split and not into what',
    captures: [smi('linux/nvidia-smi/h200-mig-ubuntu2204-r590.query-gpu.csv')],
    besides: linux,
    found: ['mig-partitions'],
  },
  {
    story: 'an Intel Mac, told by its GPUs',
    captures: [['macos-profiler', 'macos/system_profiler/intel-mac-dual-display-475.txt']],
    besides: macos,
    found: ['intel-mac'],
  },
  {
    story: 'a MacBook Pro with M3',
    captures: [['macos-profiler', 'macos/system_profiler/m3-two-displays.SPDisplays.txt']],
    besides: macos,
    fine: ['intel-mac'],
  },
  {
    story: 'an RX 7900 XT under a ROCm of today',
    captures: [['rocm-smi', 'linux/rocm-smi/rx7900xt-gfx1100.json']],
    besides: { ...linux, 'amd.rocm_version': '7.2.0' },
    fine: ['rocm-gfx-unsupported', 'rocm-too-old', 'vram-in-use'],
  },
  {
    story: 'an override for RDNA 2 on a Strix Halo',
    captures: [['rocminfo', 'linux/rocminfo/gfx1151-strix-halo.agent2.txt']],
    besides: { ...linux, 'amd.override': 'HSA_OVERRIDE_GFX_VERSION=10.3.0' },
    found: ['rocm-override-wrong'],
  },
  {
    story: 'NixOS',
    captures: [['linux-os-release', 'linux/os-release/nixos-25.05.txt']],
    besides: linux,
    found: ['nixos-loader'],
  },
  {
    story: 'an SSH session under systemd without lingering',
    captures: [['linux-session', 'linux/cgroup/host-user-session-cgroup2.txt']],
    besides: { ...linux, 'os.init': 'systemd', 'session.linger': false },
    found: ['ends-at-logout'],
  },
  {
    story: 'a Linux at rest',
    captures: [
      ['linux-memory', 'linux/proc-pressure/memory-idle.txt'],
      ['linux-os-release', 'linux/os-release/ubuntu-24.04.txt'],
    ],
    besides: linux,
    fine: ['nixos-loader'],
  },
  {
    story: 'a laptop with Modern Standby',
    captures: [['windows-power', 'windows/powercfg/a-s0-connected.txt']],
    besides: windows,
    found: ['modern-standby'],
  },
  {
    story: 'a desktop that lists S0 among what it has not',
    captures: [['windows-power', 'windows/powercfg/a-s3-desktop.txt']],
    besides: windows,
    fine: ['modern-standby'],
  },
  {
    story: 'the balanced plan is no finding',
    captures: [['windows-power', 'windows/powercfg/getactivescheme-balanced.txt']],
    besides: windows,
    fine: ['power-saver-plan'],
  },
  {
    story: 'Defender that stands down',
    captures: [['windows-defender', 'windows/defender/get-mpcomputerstatus-passive.json']],
    besides: windows,
    found: ['other-antivirus'],
    fine: ['defender-scans-models'],
  },
  {
    story: 'a MacBook Air M1 with macOS 11',
    captures: [['macos-profiler', 'macos/system_profiler/macbookair-m1-16gb-macos11.full.txt']],
    besides: macos,
    found: ['mac-fanless', 'macos-too-old'],
  },
  {
    story: 'Metal would give 12 GiB to a Mac that has none left',
    captures: [
      ['macos-metal-log', 'macos/metal-log/16gb-newer-macos.txt'],
      ['macos-vm-stat', 'macos/vm_stat/m-series-under-pressure.txt'],
    ],
    besides: macos,
    found: ['mac-working-set'],
  },
  {
    story: 'a Mac whose pressure is normal, and whose limit was never touched',
    captures: [
      ['macos-sysctl', 'macos/sysctl/memorystatus-normal.txt'],
      ['macos-sysctl', 'macos/sysctl/iogpu-default.txt'],
    ],
    besides: {
      ...macos,
      'memory.pressure': 'normal',
      'apple.wired_limit_bytes': 0,
      'memory.total_bytes': 16 * 1024 ** 3,
    },
    fine: ['memory-pressure', 'mac-wired-limit'],
  },
  {
    story: 'a limit of 112 GiB leaves a Mac of 128 GiB enough',
    captures: [['macos-sysctl', 'macos/sysctl/iogpu-128gb-tuned.txt']],
    besides: { ...macos, 'memory.total_bytes': 128 * 1024 ** 3 },
    fine: ['mac-wired-limit'],
  },
];

for (const row of rows) {
  test(row.story, () => {
    const checked = checkAll(factsFrom(row));
    const kinds = Object.fromEntries(checked.map(({ landmine, result }) => [landmine.code, result]));
    const codes = findingsOf(checked).map(({ code }) => code);
    for (const code of row.found ?? []) assert.ok(codes.includes(code), `${code}: ${JSON.stringify(kinds[code])}`);
    for (const code of row.fine ?? []) assert.equal(kinds[code]?.kind, 'ok', `${code}: ${JSON.stringify(kinds[code])}`);
  });
}

test('a card whose last driver branch is 580 is told to keep to it; a Blackwell card cannot do with less', () => {
  const advice = (driver: string, name: string) => {
    const facts = factsOf({
      ...linux,
      'nvidia.driver': driver,
      'nvidia.gpus': [gpu({ vendor: 'nvidia', name, totalMib: 8_192 })],
    });
    return findingsOf(checkAll(facts)).find(({ code }) => code === 'cuda-driver-too-old');
  };
  assert.match(JSON.stringify(advice('515.65.01', 'NVIDIA GeForce GTX 1080')?.remedy), /no newer one/);
  const blackwell = advice('570.124.04', 'NVIDIA GeForce RTX 5090');
  assert.equal(blackwell?.severity, 'breaks');
  assert.deepEqual(blackwell?.effect, { kind: 'no-backend', backend: 'cuda' });
  assert.equal(advice('570.124.04', 'NVIDIA GeForce RTX 4090')?.severity, 'warns');
});

test('where a finding has a cause in the same captures, it stands beneath it', () => {
  const row = rows.find(({ story }) => story.startsWith('a Linux driver inside WSL'));
  assert.ok(row !== undefined);
  const silence = checkAll(factsFrom(row)).find(({ landmine }) => landmine.code === 'nvidia-driver-not-loaded');
  assert.equal(silence?.causedBy, 'wsl-linux-driver');
});
