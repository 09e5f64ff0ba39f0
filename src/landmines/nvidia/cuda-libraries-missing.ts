import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sh, sudo } from '../commands.ts';
import { cudaLibraries, engineBinaries } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { list } from '../words.ts';

export const cudaLibrariesMissing = landmine({
  code: 'cuda-libraries-missing',
  title: 'The CUDA runtime libraries are not installed',
  group: 'nvidia',
  severity: 'breaks',
  dependsOn: ['cuda-driver-too-old'],
  on: ['linux', 'windows'],
  only: ['nvidia'],
  needs: ['os.family', 'nvidia.driver', 'libraries.cuda'],
  means:
    'The driver alone is not enough: the CUDA builds of the engine load libraries that come with the CUDA toolkit. Without them Vulkan or the processor is used.',
  story:
    "The packages of the engine leave NVIDIA's runtime and cuBLAS out, which are larger than everything else together. On Linux the " +
    'build for CUDA 13 asks the linker for libcudart.so.13 and libcublas.so.13, the one for CUDA 12 for the same with 12; on Windows it ' +
    'is cublas64_13.dll. What counts is that the linker finds the files (`ldconfig -p`), not that a compiler (`nvcc`) is installed.',
  belief: {
    held: 'nvidia-smi prints a CUDA version, so CUDA is there.',
    found: 'That number says what the driver could run. The libraries are a separate installation.',
  },
  sources: [engineBinaries],
  example: { 'os.family': 'linux', 'nvidia.driver': '595.71.05', 'nvidia.cuda_driver': '13.2', 'libraries.cuda': [] },
  counterExample: {
    'os.family': 'linux',
    'nvidia.driver': '595.71.05',
    'libraries.cuda': [
      { name: 'libcudart.so.13', path: '/usr/local/cuda/lib64/libcudart.so.13' },
      { name: 'libcublas.so.13', path: '/usr/local/cuda/lib64/libcublas.so.13' },
    ],
  },
  judge({ 'os.family': system, 'nvidia.driver': driver, 'libraries.cuda': found }, facts) {
    if (system === 'macos') return 'not-applicable';
    const names = found.map(({ name }) => name.toLowerCase());
    const missing = (major: 12 | 13): string[] =>
      cudaLibraries[system][major].filter((wanted) => !names.some((name) => name.startsWith(wanted)));
    if (missing(13).length === 0 || missing(12).length === 0) return 'ok';
    const said = knownValue(facts['nvidia.cuda_driver']);
    return {
      seen:
        `Driver ${driver} is there${said === undefined ? '' : ` (able to run CUDA ${said})`}; ` +
        `${list(missing(13))} ${missing(13).length === 1 ? 'is' : 'are'} not found, nor are those of CUDA 12.`,
      remedy:
        system === 'windows'
          ? [
              'Install the CUDA 13 toolkit (its runtime libraries are enough), then open a new terminal:',
              powershell('winget install --id Nvidia.CUDA'),
            ]
          : [
              "With NVIDIA's CUDA repository set up (developer.nvidia.com/cuda-downloads), install the libraries alone:",
              sudo('apt install cuda-libraries-13-0'),
              'or on Fedora and RHEL:',
              sudo('dnf install cuda-libraries-13-0'),
              'Then this must print both:',
              sh("ldconfig -p | grep -E 'libcudart|libcublas'"),
            ],
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});
