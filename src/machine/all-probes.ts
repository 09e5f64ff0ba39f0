/** Every probe. The order is the order in which their word counts where two tell the same fact. */
import type { OperatingSystem } from '../contract/machine/facts.ts';
import { amdSmi } from './amd/amd-smi.ts';
import { amdKfd } from './amd/kfd.ts';
import { rocmSmi } from './amd/rocm-smi.ts';
import { rocminfo } from './amd/rocminfo.ts';
import { hostEnvironment } from './host/environment.ts';
import { hostReadSpeed } from './host/read-speed.ts';
import { hostRuntime } from './host/runtime.ts';
import { intelClinfo } from './intel/clinfo.ts';
import { linuxContainer } from './linux/container.ts';
import { linuxCpu } from './linux/cpu.ts';
import { linuxDisks } from './linux/disks.ts';
import { linuxDisplays } from './linux/displays.ts';
import { linuxDmi } from './linux/dmi.ts';
import { linuxInit } from './linux/init.ts';
import { linuxKernel } from './linux/kernel.ts';
import { linuxLibraries } from './linux/libraries.ts';
import { linuxLogind } from './linux/logind.ts';
import { linuxMemory } from './linux/memory.ts';
import { linuxNetwork } from './linux/network.ts';
import { linuxOsRelease } from './linux/os-release.ts';
import { linuxPci } from './linux/pci.ts';
import { linuxPower } from './linux/power.ts';
import { linuxCpuPressure, linuxIoPressure } from './linux/pressure.ts';
import { linuxPrime } from './linux/prime.ts';
import { linuxReadSpeed } from './linux/read-speed.ts';
import { linuxSelinux } from './linux/selinux.ts';
import { linuxSession } from './linux/session.ts';
import { linuxThermal } from './linux/thermal.ts';
import { linuxWsl } from './linux/wsl.ts';
import { macosDisks } from './macos/disks.ts';
import { macosKernel } from './macos/kernel.ts';
import { macosMetalLog } from './macos/metal-log.ts';
import { macosNetwork } from './macos/network.ts';
import { macosPower } from './macos/power.ts';
import { macosProfiler } from './macos/profiler.ts';
import { macosSysctl } from './macos/sysctl.ts';
import { macosVmStat } from './macos/vm-stat.ts';
import { nvidiaDriverFiles } from './nvidia/driver-files.ts';
import { nvidiaSmi } from './nvidia/nvidia-smi.ts';
import type { Probe } from './probe.ts';
import { vulkanInfo } from './vulkan/vulkaninfo.ts';
import { windowsAdapters } from './windows/adapters.ts';
import { windowsBattery } from './windows/battery.ts';
import { windowsDefender } from './windows/defender.ts';
import { windowsDisks } from './windows/disks.ts';
import { windowsDisplayRegistry } from './windows/display-registry.ts';
import { windowsDxdiag } from './windows/dxdiag.ts';
import { windowsNetwork } from './windows/network.ts';
import { windowsPower } from './windows/power.ts';
import { windowsSystem } from './windows/system.ts';
import { windowsWslList } from './windows/wsl-list.ts';

export const allProbes: readonly Probe[] = [
  linuxKernel,
  linuxOsRelease,
  hostRuntime,
  hostEnvironment,
  linuxInit,
  linuxDmi,
  linuxContainer,
  linuxWsl,
  linuxSession,
  linuxCpu,
  linuxMemory,
  linuxCpuPressure,
  linuxIoPressure,
  linuxDisks,
  linuxReadSpeed,
  hostReadSpeed,
  linuxPower,
  linuxThermal,
  linuxDisplays,
  linuxNetwork,
  linuxLogind,
  linuxSelinux,
  linuxLibraries,
  linuxPrime,
  nvidiaSmi,
  nvidiaDriverFiles,
  amdSmi,
  rocmSmi,
  amdKfd,
  rocminfo,
  linuxPci,
  intelClinfo,
  vulkanInfo,
  macosSysctl,
  macosKernel,
  macosVmStat,
  macosProfiler,
  macosPower,
  macosDisks,
  macosNetwork,
  macosMetalLog,
  windowsSystem,
  windowsAdapters,
  windowsDisplayRegistry,
  windowsDxdiag,
  windowsPower,
  windowsBattery,
  windowsDefender,
  windowsDisks,
  windowsNetwork,
  windowsWslList,
];

/** Without those that are run on demand only. */
export const probesOf = (family: OperatingSystem): readonly Probe[] =>
  allProbes.filter(({ platforms, onDemand }) => platforms.includes(family) && onDemand !== true);
