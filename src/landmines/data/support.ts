/**
 * What we promise to mend, platform by platform, and what was really run. `run` is a promise of truth:
 * it names what was run on real hardware of that kind by us, or says that nothing was.
 */

/** 1: every release works there. 2: made for it, mended when reported. 3: explained, not promised. */
export type Tier = 1 | 2 | 3;

export interface Platform {
  readonly tier: Tier;
  readonly name: string;
  /** What the engine uses there. */
  readonly engine: string;
  /** What we ran on such a machine, or null: never. */
  readonly run: string | null;
  /** What stands in for a run: real outputs of such machines that the probes' tests read. */
  readonly captures: string | null;
}

export const platforms: readonly Platform[] = [
  {
    tier: 1,
    name: 'Linux x64, processor alone',
    engine: 'llama.cpp, one library per generation of processors',
    run: 'all tests, on Debian 12 with Node 24.21',
    captures: null,
  },
  {
    tier: 1,
    name: 'Linux x64, NVIDIA',
    engine: 'CUDA 13 or 12 build, else Vulkan; a checkout leaves both out',
    run: null,
    captures: 'nvidia-smi of drivers 418 to 610, GTX 1080 Ti to RTX PRO 6000 and H200',
  },
  {
    tier: 1,
    name: 'Windows 11 x64, NVIDIA or processor',
    engine: 'CUDA or Vulkan build, else the processor',
    run: null,
    captures: 'nvidia-smi, powercfg, registry, WMI, dxdiag and Defender outputs',
  },
  {
    tier: 1,
    name: 'macOS 14 or newer, Apple silicon',
    engine: 'Metal build',
    run: null,
    captures: 'vm_stat, sysctl, pmset, system_profiler and start logs, M1 to M5',
  },
  {
    tier: 2,
    name: 'Linux x64, AMD or Intel',
    engine: 'Vulkan build',
    run: 'never on a GPU; its Vulkan build with a software device (llvmpipe)',
    captures: 'rocm-smi, amd-smi, rocminfo, vulkaninfo and clinfo outputs',
  },
  {
    tier: 2,
    name: 'Windows 11 x64, AMD or Intel',
    engine: 'Vulkan build',
    run: null,
    captures: 'registry and WMI outputs, vulkaninfo over a remote session',
  },
  {
    tier: 2,
    name: 'WSL2',
    engine: 'as Linux, with the driver of Windows',
    run: null,
    captures: 'nvidia-smi, rocminfo, kernel and wsl.exe outputs',
  },
  {
    tier: 2,
    name: 'Docker on Linux',
    engine: 'as the host, with the GPU handed in',
    run: null,
    captures: 'control groups and mounts of containers, nvidia-smi on a T4 host',
  },
  { tier: 3, name: 'Linux arm64', engine: 'processor; no GPU build', run: null, captures: 'vulkaninfo of a DGX Spark' },
  { tier: 3, name: 'Intel Macs', engine: 'processor', run: null, captures: 'system_profiler of two' },
  {
    tier: 3,
    name: 'ROCm',
    engine: 'no build of ours; attached servers only',
    run: null,
    captures: 'rocm-smi of ROCm 4.3 to 6.1',
  },
  {
    tier: 3,
    name: 'Rootless Podman, LXC, Kubernetes',
    engine: 'as Docker',
    run: null,
    captures: 'control groups and mounts',
  },
  {
    tier: 3,
    name: 'musl (Alpine, postmarketOS)',
    engine: 'none: a gateway, or an agent with attached servers',
    run: null,
    captures: 'os-release of both',
  },
  { tier: 3, name: 'WSL 1', engine: 'not made for it', run: null, captures: '/proc/version' },
];
