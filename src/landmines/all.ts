/** Every landmine, by group. The order decides between findings that are equally harmful. */
import { amdKfdDenied } from './amd/amd-kfd-denied.ts';
import { amdKfdMissing } from './amd/amd-kfd-missing.ts';
import { amdSharedMemory } from './amd/amd-shared-memory.ts';
import { amdSmallWindow } from './amd/amd-small-window.ts';
import { rocmGfxUnsupported } from './amd/rocm-gfx-unsupported.ts';
import { rocmOverrideWrong } from './amd/rocm-override-wrong.ts';
import { rocmTooOld } from './amd/rocm-too-old.ts';
import { vulkanLoaderMissing } from './amd/vulkan-loader-missing.ts';
import { vulkanSoftwareOnly } from './amd/vulkan-software-only.ts';
import { dataDirectoryNotWritable } from './disk/data-directory-not-writable.ts';
import { dataDirectoryOnNetwork } from './disk/data-directory-on-network.ts';
import { lowDisk } from './disk/low-disk.ts';
import { modelsOnNetworkDisk } from './disk/models-on-network-disk.ts';
import { modelsOnRotationalDisk } from './disk/models-on-rotational-disk.ts';
import { slowModelDisk } from './disk/slow-model-disk.ts';
import { cpuFallback } from './engine/cpu-fallback.ts';
import { laterLoadSlower } from './engine/later-load-slower.ts';
import { noGpuBuild } from './engine/no-gpu-build.ts';
import { partialOffload } from './engine/partial-offload.ts';
import { slowerThanBefore } from './engine/slower-than-before.ts';
import { displayTakesVram } from './graphics/display-takes-vram.ts';
import { gpuThrottled } from './graphics/gpu-throttled.ts';
import { hybridGraphics } from './graphics/hybrid-graphics.ts';
import { systemMemoryFallback } from './graphics/system-memory-fallback.ts';
import { vramInUse } from './graphics/vram-in-use.ts';
import type { Landmine } from './landmine.ts';
import { intelMac } from './macos/intel-mac.ts';
import { macFanless } from './macos/mac-fanless.ts';
import { macQuarantine } from './macos/mac-quarantine.ts';
import { macWiredLimit } from './macos/mac-wired-limit.ts';
import { macWorkingSet } from './macos/mac-working-set.ts';
import { macosTooOld } from './macos/macos-too-old.ts';
import { nodeUnderRosetta } from './macos/node-under-rosetta.ts';
import { memoryPressure } from './memory/memory-pressure.ts';
import { swapFilling } from './memory/swap-filling.ts';
import { clockSkew } from './network/clock-skew.ts';
import { linkMalformed } from './network/link-malformed.ts';
import { machineKeyShared } from './network/machine-key-shared.ts';
import { portTaken } from './network/port-taken.ts';
import { proxyCatchesLoopback } from './network/proxy-catches-loopback.ts';
import { tlsIntercepted } from './network/tls-intercepted.ts';
import { websocketBlocked } from './network/websocket-blocked.ts';
import { cudaDriverTooOld } from './nvidia/cuda-driver-too-old.ts';
import { cudaLibrariesMissing } from './nvidia/cuda-libraries-missing.ts';
import { driverChanged } from './nvidia/driver-changed.ts';
import { gpuTooOldForCuda13 } from './nvidia/gpu-too-old-for-cuda13.ts';
import { migPartitions } from './nvidia/mig-partitions.ts';
import { nouveauInCharge } from './nvidia/nouveau-in-charge.ts';
import { nvidiaDriverMissing } from './nvidia/nvidia-driver-missing.ts';
import { nvidiaDriverNotLoaded } from './nvidia/nvidia-driver-not-loaded.ts';
import { nvidiaGpuLost } from './nvidia/nvidia-gpu-lost.ts';
import { nvidiaNoDevices } from './nvidia/nvidia-no-devices.ts';
import { nvidiaSmiFailed } from './nvidia/nvidia-smi-failed.ts';
import { nvidiaVersionMismatch } from './nvidia/nvidia-version-mismatch.ts';
import { persistenceOff } from './nvidia/persistence-off.ts';
import { batterySaver } from './power/battery-saver.ts';
import { endsAtLogout } from './power/ends-at-logout.ts';
import { endsWithTerminal } from './power/ends-with-terminal.ts';
import { lidClosed } from './power/lid-closed.ts';
import { machineSleeps } from './power/machine-sleeps.ts';
import { noSystemd } from './power/no-systemd.ts';
import { onBattery } from './power/on-battery.ts';
import { glibcTooOld } from './system/glibc-too-old.ts';
import { libstdcxxTooOld } from './system/libstdcxx-too-old.ts';
import { muslLibc } from './system/musl-libc.ts';
import { nixosLoader } from './system/nixos-loader.ts';
import { noAvx2 } from './system/no-avx2.ts';
import { nodeTooOld } from './system/node-too-old.ts';
import { basicDisplayAdapter } from './windows/basic-display-adapter.ts';
import { controlledFolderAccess } from './windows/controlled-folder-access.ts';
import { defenderScansModels } from './windows/defender-scans-models.ts';
import { modernStandby } from './windows/modern-standby.ts';
import { otherAntivirus } from './windows/other-antivirus.ts';
import { powerSaverPlan } from './windows/power-saver-plan.ts';
import { windows10Ended } from './windows/windows-10-ended.ts';
import { containerCpuQuota } from './wsl/container-cpu-quota.ts';
import { containerMemoryLimit } from './wsl/container-memory-limit.ts';
import { containerNoGpu } from './wsl/container-no-gpu.ts';
import { containerNoGraphics } from './wsl/container-no-graphics.ts';
import { wslIdleShutdown } from './wsl/wsl-idle-shutdown.ts';
import { wslLinuxDriver } from './wsl/wsl-linux-driver.ts';
import { wslMemoryShare } from './wsl/wsl-memory-share.ts';
import { wslModelsOnWindowsDrive } from './wsl/wsl-models-on-windows-drive.ts';
import { wslNoGpu } from './wsl/wsl-no-gpu.ts';
import { wsl1 } from './wsl/wsl1.ts';

export const allLandmines: readonly Landmine[] = [
  // system
  glibcTooOld,
  libstdcxxTooOld,
  muslLibc,
  nixosLoader,
  noAvx2,
  nodeTooOld,
  // nvidia
  cudaDriverTooOld,
  cudaLibrariesMissing,
  driverChanged,
  gpuTooOldForCuda13,
  migPartitions,
  nouveauInCharge,
  nvidiaDriverMissing,
  nvidiaDriverNotLoaded,
  nvidiaGpuLost,
  nvidiaNoDevices,
  nvidiaSmiFailed,
  nvidiaVersionMismatch,
  persistenceOff,
  // amd
  amdKfdDenied,
  amdKfdMissing,
  amdSharedMemory,
  amdSmallWindow,
  rocmGfxUnsupported,
  rocmOverrideWrong,
  rocmTooOld,
  vulkanLoaderMissing,
  vulkanSoftwareOnly,
  // graphics
  displayTakesVram,
  gpuThrottled,
  hybridGraphics,
  systemMemoryFallback,
  vramInUse,
  // memory
  memoryPressure,
  swapFilling,
  // engine
  cpuFallback,
  laterLoadSlower,
  noGpuBuild,
  partialOffload,
  slowerThanBefore,
  // wsl
  containerCpuQuota,
  containerMemoryLimit,
  containerNoGpu,
  containerNoGraphics,
  wslLinuxDriver,
  wslMemoryShare,
  wslIdleShutdown,
  wslModelsOnWindowsDrive,
  wslNoGpu,
  wsl1,
  // windows
  basicDisplayAdapter,
  controlledFolderAccess,
  defenderScansModels,
  modernStandby,
  otherAntivirus,
  powerSaverPlan,
  windows10Ended,
  // macos
  intelMac,
  macFanless,
  macQuarantine,
  macWiredLimit,
  macWorkingSet,
  macosTooOld,
  nodeUnderRosetta,
  // disk
  dataDirectoryNotWritable,
  dataDirectoryOnNetwork,
  lowDisk,
  modelsOnNetworkDisk,
  modelsOnRotationalDisk,
  slowModelDisk,
  // network
  clockSkew,
  linkMalformed,
  machineKeyShared,
  portTaken,
  proxyCatchesLoopback,
  tlsIntercepted,
  websocketBlocked,
  // power
  batterySaver,
  endsAtLogout,
  endsWithTerminal,
  lidClosed,
  machineSleeps,
  noSystemd,
  onBattery,
];

export const landmineOf = (code: string): Landmine | undefined => allLandmines.find((each) => each.code === code);
