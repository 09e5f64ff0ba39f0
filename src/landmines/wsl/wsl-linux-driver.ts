import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { thread, vendor } from '../sources.ts';

export const wslLinuxDriver = landmine({
  code: 'wsl-linux-driver',
  title: 'A Linux NVIDIA driver is installed inside WSL',
  group: 'wsl',
  severity: 'breaks',
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl', 'wsl.linux_driver_installed'],
  means: 'It hides the libraries Windows puts there, and CUDA in WSL stops working. WSL wants no driver of its own.',
  story:
    'WSL2 uses the driver of Windows, through libraries mounted at /usr/lib/wsl/lib. A driver package of the distribution (often pulled ' +
    'in by "cuda" or "nvidia-driver-...") puts its own libcuda and nvidia-smi in front; then nvidia-smi says "Driver Not Loaded" or ' +
    '"Failed to properly shut down NVML". In WSL only the toolkit or its libraries may be installed (packages "cuda-toolkit-..." or ' +
    '"cuda-libraries-...").',
  belief: {
    held: 'WSL needs an NVIDIA driver of its own, separate from the one of Windows.',
    found: 'It uses the Windows driver. Installing another one inside is what breaks it.',
  },
  sources: [
    vendor('Microsoft, WSL documentation: GPU computing', '2026-07-30'),
    thread('microsoft/WSL', 9134, '2022-11'),
  ],
  example: { 'os.family': 'linux', 'os.wsl': 2, 'wsl.linux_driver_installed': true },
  counterExample: { 'os.family': 'linux', 'os.wsl': 2, 'wsl.linux_driver_installed': false },
  judge({ 'os.wsl': wsl, 'wsl.linux_driver_installed': installed }) {
    if (wsl === 0) return 'not-applicable';
    if (!installed) return 'ok';
    return {
      seen: 'Libraries of a Linux NVIDIA driver are installed in this WSL distribution.',
      remedy: [
        'Remove the driver packages (not the CUDA libraries), then ask the right nvidia-smi:',
        sudo("apt remove --purge '^nvidia-driver-.*' '^nvidia-utils-.*'"),
        sudo("apt remove --purge '^libnvidia-compute-.*'"),
        sh('/usr/lib/wsl/lib/nvidia-smi -L'),
      ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
