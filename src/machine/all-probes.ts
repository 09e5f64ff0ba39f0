/** Every probe. The order is the order in which their word counts where two tell the same fact. */
import type { OperatingSystem } from '../contract/machine/facts.ts';
import { hostEnvironment } from './host/environment.ts';
import { hostRuntime } from './host/runtime.ts';
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
import { linuxSelinux } from './linux/selinux.ts';
import { linuxSession } from './linux/session.ts';
import { linuxThermal } from './linux/thermal.ts';
import { linuxWsl } from './linux/wsl.ts';
import { nvidiaDriverFiles } from './nvidia/driver-files.ts';
import { nvidiaSmi } from './nvidia/nvidia-smi.ts';
import type { Probe } from './probe.ts';

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
  linuxPci,
];

export const probesOf = (family: OperatingSystem): readonly Probe[] =>
  allProbes.filter(({ platforms }) => platforms.includes(family));
