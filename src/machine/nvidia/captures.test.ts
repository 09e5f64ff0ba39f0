/**
 * What real nvidia-smi outputs say, by hand. Memory in MiB as the tool prints it; a field that is
 * not here is unknown in that output.
 */
import { test } from 'node:test';
import { assertReading, type Expected } from '../../../test/support/machine-captures.ts';
import { mebi } from '../text/numbers.ts';
import { nvidiaDriverFiles } from './driver-files.ts';
import { nvidiaSmi } from './nvidia-smi.ts';

interface Card {
  readonly index: number;
  readonly name?: string;
  readonly pci?: string;
  readonly uuid?: string;
  readonly total?: number;
  readonly used?: number;
  readonly free?: number;
  readonly cc?: string;
  readonly arch?: string;
  readonly display?: boolean;
  readonly celsius?: number;
  readonly watts?: number;
  readonly busy?: number;
  readonly throttling?: readonly string[];
  readonly persistence?: boolean;
  readonly mig?: boolean;
  readonly parts?: readonly { index: number; instance?: number; total?: number; name?: string; uuid?: string }[];
}

interface Report {
  readonly driver?: string;
  readonly cuda?: string;
  readonly gpus?: readonly Card[];
}

const one = 'GPU-00000000-0000-0000-0000-000000000001';
const two = 'GPU-00000000-0000-0000-0000-000000000002';
const migUuid = (last: number): string => `MIG-00000000-0000-0000-0000-00000000000${last}`;
const super2080 = { index: 0, name: 'NVIDIA GeForce RTX 2080 SUPER', pci: '0000:0c:00.0', uuid: one } as const;
const h200Parts = [
  { index: 0, instance: 2, total: 71424 },
  { index: 1, instance: 2, total: 71424 },
  { index: 2, instance: 3, total: 33280 },
  { index: 3, instance: 9, total: 16384 },
  { index: 4, instance: 10, total: 16384 },
];

// biome-ignore format: one output a line
const reports: readonly (readonly [file: string, Report])[] = [
  // --query-gpu, every field there is
  ['linux/nvidia-smi/h100-80gb-ubuntu2204-r590.query-gpu.csv', { driver: '590.48.01', gpus: [{ index: 0, name: 'NVIDIA H100 80GB HBM3', pci: '0000:00:09.0', uuid: one, total: 81559, used: 0, free: 81081, cc: '9.0', display: false, celsius: 41, watts: 69.85, busy: 0, throttling: [], persistence: true, mig: false }] }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.query-gpu.csv', { driver: '590.48.01', gpus: [{ index: 0, name: 'NVIDIA H200', pci: '0000:83:00.0', uuid: one, total: 143771, used: 55, free: 143103, cc: '9.0', display: false, celsius: 28, watts: 78.28, throttling: [], persistence: true, mig: true }] }],
  ['linux/nvidia-smi/l40s-fedora44-cloud-r595.query-gpu.csv', { driver: '595.80', gpus: [{ index: 0, name: 'NVIDIA L40S', pci: '0000:01:00.0', uuid: one, total: 46068, used: 0, free: 45460, cc: '8.9', display: false, celsius: 63, watts: 144.97, busy: 1, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.query-gpu.csv', { driver: '595.71.05', gpus: [{ ...super2080, total: 8192, used: 214, free: 7571, cc: '7.5', display: true, celsius: 40, watts: 39.32, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r610.query-gpu.csv', { driver: '610.57.04', gpus: [{ ...super2080, total: 8192, used: 211, free: 7582, cc: '7.5', display: false, celsius: 33, watts: 39.17, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/titanv-plus-rtx5880ada-r570.query-gpu.csv', { driver: '570.86.15', gpus: [{ index: 0, name: 'NVIDIA TITAN V', cc: '7.0' }, { index: 1, name: 'NVIDIA RTX 5880 Ada Generation', cc: '8.9' }] }],
  ['windows/nvidia-smi/rtx2080super-win11-r591.query-gpu.csv', { driver: '591.86', gpus: [{ ...super2080, total: 8192, used: 702, free: 7286, cc: '7.5', display: false, celsius: 40, watts: 38.92, busy: 0, throttling: [] }] }],
  // -q -x
  ['linux/nvidia-smi/a100-sxm4-40gb-mig-r510.xml', { driver: '510.47.03', cuda: '11.6', gpus: [{ index: 0, name: 'NVIDIA A100-SXM4-40GB', pci: '0000:00:04.0', uuid: one, total: 40960, used: 38, free: 40315, arch: 'Ampere', display: false, celsius: 36, watts: 66.92, throttling: [], persistence: false, mig: true, parts: [{ index: 0, instance: 1, total: 19968 }, { index: 1, instance: 2, total: 19968 }] }] }],
  ['linux/nvidia-smi/a100-sxm4-80gb-x4-mig-r535.xml', { driver: '535.54.03', cuda: '12.2', gpus: [{ index: 0, name: 'NVIDIA A100-SXM4-80GB', pci: '0000:01:00.0', uuid: one, total: 81920, used: 50, free: 80999, arch: 'Ampere', display: false, celsius: 27, watts: 67.03, throttling: [], persistence: false, mig: true, parts: [{ index: 0, instance: 3, total: 19968 }, { index: 1, instance: 4, total: 19968 }, { index: 2, instance: 5, total: 19968 }, { index: 3, instance: 6, total: 19968 }] }] }],
  ['linux/nvidia-smi/gtx1660ti-linux-r418.xml', { driver: '418.43', cuda: '10.1', gpus: [{ index: 0, pci: '0000:43:00.0', uuid: one, total: 5912, used: 0, free: 5912, display: false, celsius: 40, watts: 8.93, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/quadro-p2000-linux-r525.xml', { driver: '525.125.06', cuda: '12.0', gpus: [{ index: 0, name: 'Quadro P2000', pci: '0000:17:00.0', uuid: one, total: 5120, used: 1, free: 5051, arch: 'Pascal', display: false, celsius: 34, watts: 4.61, busy: 0, throttling: [], persistence: true }] }],
  ['linux/nvidia-smi/rtx3060-laptop-linux-r515.xml', { driver: '515.65.01', cuda: '11.7', gpus: [{ index: 0, name: 'NVIDIA GeForce RTX 3060 Laptop GPU', pci: '0000:01:00.0', uuid: one, total: 6144, used: 5, free: 5940, arch: 'Ampere', display: false, celsius: 45, watts: 8.7, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx3060-linux-r570.xml', { driver: '570.124.04', cuda: '12.8', gpus: [{ index: 0, name: 'NVIDIA GeForce RTX 3060', pci: '0000:2d:00.0', uuid: one, total: 12288, used: 116, free: 11806, arch: 'Ampere', display: false, celsius: 42, watts: 11.63, busy: 0, throttling: [], persistence: true }] }],
  ['linux/nvidia-smi/rtx3080-linux-r595.xml', { driver: '595.58.03', cuda: '13.2', gpus: [{ index: 0, name: 'NVIDIA GeForce RTX 3080', pci: '0000:0c:00.0', uuid: one, total: 10240, used: 9184, free: 660, arch: 'Ampere', display: false, celsius: 27, watts: 142.33, busy: 0.65, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx4000sffada-linux-r595.xml', { driver: '595.84', cuda: '13.2', gpus: [{ index: 0, name: 'NVIDIA RTX 4000 SFF Ada Generation', pci: '0000:06:00.0', uuid: one, total: 20475, used: 3534, free: 16482, arch: 'Ada Lovelace', display: true, celsius: 38, watts: 8.44, busy: 0, throttling: [], persistence: true }] }],
  ['linux/nvidia-smi/rtxpro6000-linux-r580.xml', { gpus: [{ index: 0, name: 'NVIDIA RTX PRO 6000 Blackwell', uuid: one, celsius: 37, watts: 66.84 }] }],
  ['linux/nvidia-smi/tesla-p100-linux.xml', { driver: '510.47.03', cuda: '11.6', gpus: [{ index: 0, name: 'Tesla P100-PCIE-16GB', pci: '0000:00:04.0', uuid: one, total: 16384, used: 0, free: 16280, arch: 'Pascal', display: false, celsius: 38, watts: 26.16, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/tesla-t4-linux-r515.xml', { driver: '515.105.01', cuda: '11.7', gpus: [{ index: 0, name: 'Tesla T4', pci: '0000:00:1e.0', uuid: one, total: 15360, used: 1032, free: 13939, arch: 'Turing', display: false, celsius: 40, watts: 26.78, busy: 0, throttling: [], persistence: false }] }],
  ['windows/nvidia-smi/rtx3080-windows-r536.xml', { driver: '536.40', cuda: '12.2', gpus: [{ index: 0, name: 'NVIDIA GeForce RTX 3080', pci: '0000:04:00.0', uuid: one, total: 10240, used: 1128, free: 8938, arch: 'Ampere', display: true, celsius: 31, watts: 22.78, busy: 0, throttling: [] }] }],
  // -q
  ['linux/nvidia-smi/gtx1080ti-r-old.q.txt', { gpus: [{ index: 0, name: 'GeForce GTX 1080 Ti', pci: '0000:01:00.0', uuid: one, display: true, persistence: false }] }],
  ['linux/nvidia-smi/h100-80gb-ubuntu2204-r590.q.txt', { driver: '590.48.01', cuda: '13.1', gpus: [{ index: 0, name: 'NVIDIA H100 80GB HBM3', pci: '0000:00:09.0', uuid: one, total: 81559, used: 0, free: 81081, arch: 'Hopper', display: false, celsius: 41, watts: 69.62, busy: 0, throttling: [], persistence: true, mig: false }] }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.q.txt', { driver: '590.48.01', cuda: '13.1', gpus: [{ index: 0, name: 'NVIDIA H200', pci: '0000:83:00.0', uuid: one, total: 143771, used: 55, free: 143103, arch: 'Hopper', display: false, celsius: 28, watts: 77.88, throttling: [], persistence: true, mig: true, parts: h200Parts }] }],
  ['linux/nvidia-smi/l40s-fedora44-cloud-r595.q.txt', { driver: '595.80', cuda: '13.2', gpus: [{ index: 0, name: 'NVIDIA L40S', pci: '0000:01:00.0', uuid: one, total: 46068, used: 0, free: 45460, arch: 'Ada Lovelace', display: false, celsius: 64, watts: 119.88, busy: 1, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.q.txt', { driver: '595.71.05', cuda: '13.2', gpus: [{ ...super2080, total: 8192, used: 214, free: 7571, arch: 'Turing', display: true, celsius: 40, watts: 37.62, busy: 0, throttling: [], persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r610.q.txt', { driver: '610.57.04', cuda: '13.3', gpus: [{ ...super2080, total: 8192, used: 211, free: 7582, arch: 'Turing', display: false, celsius: 33, watts: 38.89, busy: 0, throttling: [], persistence: false }] }],
  ['windows/nvidia-smi/rtx2080super-win11-r591.q.txt', { driver: '591.86', cuda: '13.1', gpus: [{ ...super2080, total: 8192, used: 702, free: 7286, arch: 'Turing', display: false, celsius: 40, watts: 38.92, busy: 0, throttling: [] }] }],
  // Persistence is printed as enabled, which means nothing with the Windows driver.
  ['wsl/nvidia-smi/gtx1650ti-wsl2-r510.q.txt', { driver: '510.06', cuda: '11.6', gpus: [{ index: 0, name: 'NVIDIA GeForce GTX 1650 Ti with Max-Q Design', pci: '0000:01:00.0', uuid: one, arch: 'Turing', display: true }] }],
  // -L
  ['linux/nvidia-smi/h100-80gb-ubuntu2204-r590.list.txt', { gpus: [{ index: 0, name: 'NVIDIA H100 80GB HBM3', uuid: one }] }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.list.txt', { gpus: [{ index: 0, name: 'NVIDIA H200', uuid: one, parts: [{ index: 0, name: '1c.3g.71gb', uuid: migUuid(2) }, { index: 1, name: '2c.3g.71gb', uuid: migUuid(3) }, { index: 2, name: '2g.35gb', uuid: migUuid(4) }, { index: 3, name: '1g.18gb', uuid: migUuid(5) }, { index: 4, name: '1g.18gb', uuid: migUuid(6) }] }] }],
  ['linux/nvidia-smi/l40s-fedora44-cloud-r595.list.txt', { gpus: [{ index: 0, name: 'NVIDIA L40S', uuid: one }] }],
  ['linux/nvidia-smi/quadro-rtx4000-x2.list.txt', { gpus: [{ index: 0, name: 'Quadro RTX 4000', uuid: one }, { index: 1, name: 'Quadro RTX 4000', uuid: two }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.list.txt', { gpus: [{ index: 0, name: super2080.name, uuid: one }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r610.list.txt', { gpus: [{ index: 0, name: super2080.name, uuid: one }] }],
  ['windows/nvidia-smi/rtx2080super-win11-r591.list.txt', { gpus: [{ index: 0, name: super2080.name, uuid: one }] }],
  // --version; from 610 on the usual lines only say that they are deprecated
  ['linux/nvidia-smi/h100-80gb-ubuntu2204-r590.version.txt', { driver: '590.48.01', cuda: '13.1' }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.version.txt', { driver: '590.48.01', cuda: '13.1' }],
  ['linux/nvidia-smi/l40s-fedora44-cloud-r595.version.txt', { driver: '595.80', cuda: '13.2' }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.version.txt', { driver: '595.71.05', cuda: '13.2' }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r610.version.txt', { driver: '610.57.04', cuda: '13.3' }],
  ['windows/nvidia-smi/rtx2080super-win11-r591.version.txt', { driver: '591.86', cuda: '13.1' }],
  // the table: no UUID, no compute capability, no free memory, long names cut
  ['linux/nvidia-smi/h100-80gb-ubuntu2204-r590.table.txt', { driver: '590.48.01', cuda: '13.1', gpus: [{ index: 0, name: 'NVIDIA H100 80GB HBM3', pci: '0000:00:09.0', total: 81559, used: 0, display: false, celsius: 41, watts: 69, busy: 0, persistence: true, mig: false }] }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.table.txt', { driver: '590.48.01', cuda: '13.1', gpus: [{ index: 0, name: 'NVIDIA H200', pci: '0000:83:00.0', total: 143771, used: 55, display: false, celsius: 28, watts: 78, persistence: true, mig: true, parts: h200Parts }] }],
  ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.under-load.table.txt', { driver: '590.48.01', cuda: '13.1', gpus: [{ index: 0, name: 'NVIDIA H200', pci: '0000:83:00.0', total: 143771, used: 16959, display: false, celsius: 36, watts: 295, persistence: true, mig: true, parts: h200Parts }] }],
  ['linux/nvidia-smi/l40s-fedora44-cloud-r595.table.txt', { driver: '595.80', cuda: '13.2', gpus: [{ index: 0, name: 'NVIDIA L40S', pci: '0000:01:00.0', total: 46068, used: 0, display: false, celsius: 64, watts: 242, busy: 1, persistence: false }] }],
  // the second card is cut off after its first line
  ['linux/nvidia-smi/quadro-rtx4000-x2-r535.table.txt', { driver: '535.129.03', cuda: '12.2', gpus: [{ index: 0, name: 'Quadro RTX 4000', pci: '0000:06:00.0', total: 8192, used: 1, display: false, celsius: 25, watts: 10, busy: 0, persistence: false }, { index: 1, name: 'Quadro RTX 4000', pci: '0000:07:00.0', display: false, persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.table.txt', { driver: '595.71.05', cuda: '13.2', gpus: [{ index: 0, pci: '0000:0c:00.0', total: 8192, used: 214, display: true, celsius: 40, watts: 37, busy: 0, persistence: false }] }],
  ['linux/nvidia-smi/rtx2080super-fedora44-r610.table.txt', { driver: '610.57.04', cuda: '13.3', gpus: [{ index: 0, pci: '0000:0c:00.0', total: 8192, used: 211, display: false, celsius: 33, watts: 38, busy: 0, persistence: false }] }],
  ['linux/nvidia-smi/rtx4070laptop-hybrid-r580.table.txt', { driver: '580.173.02', cuda: '13.0', gpus: [{ index: 0, pci: '0000:64:00.0', total: 8188, used: 3218, display: true, celsius: 43, watts: 10, busy: 0.42, persistence: false }] }],
  ['linux/nvidia-smi/tesla-t4-in-container-r535.table.txt', { driver: '535.86.10', cuda: '12.2', gpus: [{ index: 0, name: 'Tesla T4', pci: '0000:00:1e.0', total: 15109, used: 0, display: false, celsius: 34, watts: 9, busy: 0, persistence: true }] }],
  ['windows/nvidia-smi/rtx2080super-win11-r591.table.txt', { driver: '591.86', cuda: '13.1', gpus: [{ index: 0, pci: '0000:0c:00.0', total: 8192, used: 702, display: false, celsius: 40, watts: 38, busy: 0 }] }],
  // the last line is cut, and with it how busy the second card is
  ['windows/nvidia-smi/two-gpu-wddm-r517.table.txt', { driver: '517.48', cuda: '11.7', gpus: [{ index: 0, pci: '0000:0a:00.0', total: 11264, used: 576, display: true, celsius: 31, watts: 16, busy: 0 }, { index: 1, pci: '0000:43:00.0', total: 11264, used: 2152, display: true, celsius: 29, watts: 17 }] }],
  // CUDA's version is printed as ERR!
  ['wsl/nvidia-smi/rtx3060laptop-wsl2-cuda-err.table.txt', { driver: '546.80', gpus: [{ index: 0, pci: '0000:01:00.0', total: 6144, used: 816, display: true, celsius: 54, watts: 16, busy: 0.03 }] }],
  // --query-compute-apps: under Windows it knows who, but not how much
  ['linux/nvidia-smi/rtx2080super-fedora44-r595.compute-apps.csv', {}],
  ['windows/nvidia-smi/rtx2080super-win11-r591.compute-apps.csv', { gpus: [super2080] }],
];

function expectedFacts({ driver, cuda, gpus }: Report): Expected {
  return {
    'nvidia.failure': 'none',
    ...(driver === undefined ? {} : { 'nvidia.driver': driver }),
    ...(cuda === undefined ? {} : { 'nvidia.cuda_driver': cuda }),
    ...(gpus === undefined ? {} : { 'nvidia.gpus': gpus.map(expectedGpu) }),
  };
}

function expectedGpu(card: Card): object {
  const given: Record<string, unknown> = {
    vendor: 'nvidia',
    index: card.index,
    name: card.name,
    pci: card.pci,
    uuid: card.uuid,
    vram_total_bytes: card.total === undefined ? undefined : card.total * mebi,
    vram_used_bytes: card.used === undefined ? undefined : card.used * mebi,
    vram_free_bytes: card.free === undefined ? undefined : card.free * mebi,
    unified: card.total === undefined ? undefined : false,
    compute_capability: card.cc,
    architecture: card.arch,
    display_attached: card.display,
    temperature_celsius: card.celsius,
    power_watts: card.watts,
    utilization: card.busy,
    throttling: card.throttling,
    persistence_mode: card.persistence,
    mig_enabled: card.mig,
    mig: card.parts?.map(({ index, instance, total, name, uuid }) => ({
      index,
      ...(instance === undefined ? {} : { gpu_instance: instance }),
      ...(name === undefined ? {} : { name }),
      ...(uuid === undefined ? {} : { uuid }),
      ...(total === undefined ? {} : { vram_total_bytes: total * mebi }),
    })),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

for (const [file, report] of reports) {
  test(`nvidia-smi: ${file}`, () => assertReading(nvidiaSmi, file, expectedFacts(report)));
}

const failures: readonly (readonly [file: string, exitCode: number | undefined, facts: Expected])[] = [
  [
    'linux/nvidia-smi-failures/driver-library-mismatch-570.txt',
    18,
    { 'nvidia.failure': 'version-mismatch', 'nvidia.library_version': '570.124' },
  ],
  // Our question was wrong; of the driver this says nothing.
  ['linux/nvidia-smi-failures/invalid-field-compute-cap-r470.txt', 2, {}],
  ['linux/nvidia-smi-failures/no-devices.txt', 6, { 'nvidia.failure': 'no-devices', 'nvidia.gpus': [] }],
  ['linux/nvidia-smi-failures/no-driver-comm.txt', 9, { 'nvidia.failure': 'driver-not-loaded' }],
  ['wsl/nvidia-smi-failures/no-driver-comm-wsl2.txt', 9, { 'nvidia.failure': 'driver-not-loaded' }],
  // What a shell prints is translated: only its exit code counts.
  ['linux/nvidia-smi-failures/not-found.bash.txt', 127, { 'nvidia.failure': 'not-installed' }],
  ['linux/nvidia-smi-failures/not-found.bash.txt', undefined, {}],
  ['windows/nvidia-smi-failures/not-recognized.txt', 9009, { 'nvidia.failure': 'not-installed' }],
  // A list of fields is no list of GPUs.
  ['linux/nvidia-smi/rtx2080super-r610.help-query-gpu.txt', 0, {}],
];
for (const [file, exitCode, facts] of failures) {
  test(`nvidia-smi ended with ${exitCode ?? 'an unknown status'}: ${file}`, () =>
    assertReading(nvidiaSmi, file, facts, exitCode));
}

test('the loaded module tells its version without NVML', () =>
  assertReading(nvidiaDriverFiles, 'linux/nvidia-smi-failures/mismatch.proc-driver-nvidia-version.txt', {
    'nvidia.module_version': '520.56.06',
  }));
