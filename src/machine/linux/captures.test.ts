/** What stored outputs of Linux machines say, by hand. All facts that are not listed are unknown in that output. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertReading, bare, capture, type Expected } from '../../../test/support/machine-captures.ts';
import { intelClinfo } from '../intel/clinfo.ts';
import type { Probe } from '../probe.ts';
import { kibi } from '../text/numbers.ts';
import { linuxContainer } from './container.ts';
import { linuxDisks } from './disks.ts';
import { linuxDmi } from './dmi.ts';
import { linuxKernel } from './kernel.ts';
import { linuxMemory } from './memory.ts';
import { linuxOsRelease } from './os-release.ts';
import { linuxPci } from './pci.ts';
import { linuxCpuPressure, linuxIoPressure } from './pressure.ts';
import { linuxPrime } from './prime.ts';
import { linuxSession } from './session.ts';

const distributions: readonly (readonly [file: string, id: string, version?: string])[] = [
  ['alpine-3.22.1.txt', 'alpine', '3.22.1'],
  ['amzn-2023.txt', 'amzn', '2023'],
  // Rolling: a placeholder, or nothing, where others have a version.
  ['arch-arch.txt', 'arch'],
  ['azurelinux-3.0.txt', 'azurelinux', '3.0'],
  ['bazzite-40.txt', 'bazzite', '40'],
  ['cos-97.txt', 'cos', '97'],
  ['debian-12.txt', 'debian', '12'],
  ['fedora-workstation-40.txt', 'fedora', '40'],
  ['gentoo-2.18.txt', 'gentoo', '2.18'],
  ['guix-1.txt', 'guix'],
  ['linuxmint-22.txt', 'linuxmint', '22'],
  ['manjaro-manjaro.txt', 'manjaro'],
  ['nixos-25.05.txt', 'nixos', '25.05'],
  ['opensuse-tumbleweed-20240823.txt', 'opensuse-tumbleweed', '20240823'],
  ['pop-22.04.txt', 'pop', '22.04'],
  ['postmarketos-v25.12.txt', 'postmarketos', 'v25.12'],
  ['rhel-9.6.txt', 'rhel', '9.6'],
  ['steamos-3.7.16.txt', 'steamos', '3.7.16'],
  ['ubuntu-22.04.txt', 'ubuntu', '22.04'],
  ['ubuntu-24.04.txt', 'ubuntu', '24.04'],
  ['void-void.txt', 'void'],
];
for (const [file, id, version] of distributions) {
  test(`os-release: ${file}`, () =>
    assertReading(linuxOsRelease, `linux/os-release/${file}`, {
      'os.distribution': id,
      ...(version === undefined ? {} : { 'os.version': version }),
    }));
}

const amdCard = { vendor: 'amd', index: 0 } as const;
const noNvidia = { 'nvidia.hardware_present': false, 'nvidia.nouveau_bound': false } as const;

// biome-ignore format: one output a line
const readings: readonly (readonly [probe: Probe, file: string, facts: Expected])[] = [
  // kernels: WSL1 is 4.4.0 with a capital Microsoft
  [linuxKernel, 'linux/proc-version/arch-699.txt', { 'os.kernel': '6.9.9-arch1-1', 'os.wsl': 0 }],
  [linuxKernel, 'linux/proc-version/centos7.txt', { 'os.kernel': '3.10.0-1062.el7.x86_64', 'os.wsl': 0 }],
  [linuxKernel, 'linux/proc-version/ubuntu-2010.txt', { 'os.kernel': '5.8.0-63-generic', 'os.wsl': 0 }],
  [linuxKernel, 'linux/proc-version/wsl1-19041.txt', { 'os.kernel': '4.4.0-19041-Microsoft', 'os.wsl': 1 }],
  [linuxKernel, 'linux/proc-version/wsl2-510.txt', { 'os.kernel': '5.10.102.1-microsoft-standard-WSL2', 'os.wsl': 2 }],
  [linuxKernel, 'wsl/osrelease/wsl2-6.6.txt', { 'os.kernel': '6.6.114.1-microsoft-standard-WSL2', 'os.wsl': 2 }],
  // containers, by control group under v1 and by mounts under v2
  [linuxContainer, 'linux/cgroup/docker-cgroup1.txt', { 'os.container': 'docker' }],
  [linuxContainer, 'linux/cgroup/docker-gcp.txt', { 'os.container': 'docker' }],
  [linuxContainer, 'linux/cgroup/docker-systemd-scope-cgroup1.txt', { 'os.container': 'docker' }],
  [linuxContainer, 'linux/cgroup/heroku-lxc.txt', { 'os.container': 'lxc' }],
  [linuxContainer, 'linux/cgroup/host-systemd.txt', { 'os.container': 'none' }],
  [linuxContainer, 'linux/cgroup/host-user-session-cgroup2.txt', { 'os.container': 'none' }],
  [linuxContainer, 'linux/cgroup/kubernetes-cgroupfs-besteffort.txt', { 'os.container': 'kubernetes' }],
  [linuxContainer, 'linux/cgroup/lxc-container.txt', { 'os.container': 'lxc' }],
  [linuxContainer, 'linux/cgroup/podman-root-systemd-container.txt', { 'os.container': 'podman' }],
  [linuxContainer, 'linux/mountinfo/docker-24.0.2-cgroup2.txt', { 'os.container': 'docker' }],
  [linuxContainer, 'linux/mountinfo/k8s-node-host-cgroup1.txt', { 'os.container': 'none' }],
  [linuxContainer, 'linux/mountinfo/ubuntu-host.txt', { 'os.container': 'none' }],
  [linuxContainer, 'linux/mounts/podman-rootless-containerenv.proc-mounts.txt', { 'os.container': 'podman', 'container.rootless': true }],
  // a login's scope: what runs there ends with the login
  [linuxSession, 'linux/cgroup/host-user-session-cgroup2.txt', { 'session.kind': 'terminal' }],
  // mounted disks; their size and kind are asked of the running system only
  [linuxDisks, 'linux/mountinfo/ubuntu-host.txt', { 'disk.all': [{ mount: '/', filesystem: 'ext4' }, { mount: '/boot', filesystem: 'ext4' }] }],
  [linuxDisks, 'linux/mountinfo/docker-24.0.2-cgroup2.txt', { 'disk.all': [] }],
  [linuxMemory, 'linux/proc-meminfo/centos7-4gb.txt', {
    'memory.total_bytes': 3997272 * kibi, 'memory.available_bytes': 3386876 * kibi,
    'memory.swap_total_bytes': 3996668 * kibi, 'memory.swap_used_bytes': 0,
  }],
  [linuxMemory, 'linux/proc-meminfo/ubuntu1710.txt', {
    'memory.total_bytes': 4042048 * kibi, 'memory.available_bytes': 3651940 * kibi,
    'memory.swap_total_bytes': 1048572 * kibi, 'memory.swap_used_bytes': 0,
  }],
  [linuxMemory, 'linux/proc-pressure/memory-idle.txt', { 'memory.stall_10s': 0, 'memory.stall_full_10s': 0 }],
  [linuxCpuPressure, 'linux/proc-pressure/cpu-idle.txt', { 'cpu.stall_10s': 0 }],
  [linuxIoPressure, 'linux/proc-pressure/io-idle.txt', { 'disk.stall_10s': 0.0018 }],
  [linuxPrime, 'linux/prime-select/on-demand.txt', { 'gpu.prime_mode': 'on-demand' }],
  [linuxDmi, 'linux/dmidecode/hyperv-guest.txt', { 'os.virtualisation': 'hyperv', 'os.cloud': 'none' }],
  [linuxDmi, 'linux/dmidecode/vmware-guest.txt', { 'os.virtualisation': 'vmware', 'os.cloud': 'none' }],
  // graphics cards by class; the bridge with "3d" in its id is none
  [linuxPci, 'linux/lspci/asus-laptop.lspci.txt', {
    'nvidia.hardware_present': true, 'nvidia.nouveau_bound': false,
    'intel.gpus': [{ vendor: 'intel', index: 0, name: 'Iris Xe Graphics', pci: '0000:00:02.0', unified: true, device_id: '8086:9a49' }],
    'gpu.hybrid': { integrated: 'Iris Xe Graphics', discrete: 'GeForce GTX 1650 Mobile / Max-Q', mode: 'unknown' },
    'gpu.on_bus': [
      { pci: '0000:00:02.0', vendor: 'intel', device_id: '8086:9a49', name: 'Iris Xe Graphics', driver: 'i915' },
      { pci: '0000:01:00.0', vendor: 'nvidia', device_id: '10de:1f9d', name: 'GeForce GTX 1650 Mobile / Max-Q', driver: 'nvidia' },
    ],
  }],
  [linuxPci, 'linux/lspci/imac-amd.lspci.txt', {
    ...noNvidia, 'amd.driver': 'radeon',
    'amd.gpus': [{ ...amdCard, name: 'Mobility Radeon HD 4670', pci: '0000:01:00.0', device_id: '1002:9488' }],
    'gpu.on_bus': [{ pci: '0000:01:00.0', vendor: 'amd', device_id: '1002:9488', name: 'Mobility Radeon HD 4670', driver: 'radeon' }],
  }],
  [linuxPci, 'linux/lspci/laptop-mx130-plus-egpu-gtx970.nn.txt', {
    'nvidia.hardware_present': true,
    'intel.gpus': [{ vendor: 'intel', index: 0, pci: '0000:00:02.0', unified: true, device_id: '8086:3e9b' }],
    'gpu.hybrid': { integrated: 'intel 0000:00:02.0', discrete: 'GeForce MX130', mode: 'unknown' },
    'gpu.on_bus': [
      { pci: '0000:00:02.0', vendor: 'intel', device_id: '8086:3e9b' },
      { pci: '0000:02:00.0', vendor: 'nvidia', device_id: '10de:174d', name: 'GeForce MX130' },
      { pci: '0000:08:00.0', vendor: 'nvidia', device_id: '10de:13c2', name: 'GeForce GTX 970' },
    ],
  }],
  [linuxPci, 'linux/lspci/nvidia-desktop.lspci.txt', {
    'nvidia.hardware_present': true, 'nvidia.nouveau_bound': false,
    'gpu.on_bus': [{ pci: '0000:09:00.0', vendor: 'nvidia', device_id: '10de:1f06', name: 'GeForce RTX 2060 SUPER', driver: 'nvidia' }],
  }],
  [linuxPci, 'linux/lspci/optimus-750m.txt', {
    'nvidia.hardware_present': true, 'gpu.on_bus': [{ pci: '0000:01:00.0', vendor: 'nvidia', name: 'GeForce GT 750M' }],
  }],
  [linuxPci, 'linux/lspci/ubuntu2010-vmware.lspci-nnmmv.txt', {
    ...noNvidia, 'gpu.on_bus': [{ pci: '0000:00:0f.0', vendor: 'virtual', device_id: '15ad:0405', name: 'SVGA II Adapter' }],
  }],
  // two machines in one text; OpenCL knows names only
  [intelClinfo, 'linux/clinfo/arc-a770-plus-iris-xe.list.txt', { 'intel.gpus': [
    { vendor: 'intel', index: 0, name: 'Intel(R) Arc(TM) A770 Graphics', unified: false },
    { vendor: 'intel', index: 1, name: 'Intel(R) Iris(R) Xe Graphics', unified: true },
  ] }],
];
for (const [probe, file, facts] of readings) {
  test(`${probe.name}: ${file}`, () => assertReading(probe, file, facts));
}

const clouds: Readonly<Record<string, string>> = {
  GCP: 'gcp',
  Azure: 'azure',
  Alibaba: 'alibaba',
  OpenStack: 'openstack',
  OpenTelekomCloud: 'opentelekomcloud',
  Huawei: 'huawei',
  Hetzner: 'hetzner',
  AWS: 'aws',
};
test('linux/dmi/cloud-identities.json: each cloud by the one value that tells it', () => {
  const identities: { cloud: string; file: string; value: string }[] = JSON.parse(
    capture('linux/dmi/cloud-identities.json'),
  );
  assert.equal(identities.length, 8);
  for (const { cloud, file, value } of identities) {
    // The value for AWS is a description: its serial starts with "ec2" in any case.
    const [name, content] = cloud === 'AWS' ? ['product_uuid', 'EC2E1916-9099-7CAF-FD21-012345ABCDEF'] : [file, value];
    const text = `==> /sys/class/dmi/id/${name} <==\n${content}\n`;
    const facts = linuxDmi.parse([{ source: 'dmi', text }]);
    assert.equal((bare(facts) as Expected)['os.cloud'], clouds[cloud], cloud);
  }
});

test('linux/amdgpu-sysfs/mem-info-names.txt: the memory of an AMD card without ROCm', () => {
  // The capture names the files; the values are of no machine.
  const values = capture('linux/amdgpu-sysfs/mem-info-names.txt')
    .trim()
    .split('\n')
    .map((name, at) => `${name}=${at + 1}`);
  const text = `==> /sys/bus/pci/devices/0000:03:00.0 <==\nclass=0x030000\nvendor=0x1002\ndevice=0x744c\n${values.join('\n')}\ndriver=amdgpu\n`;
  assert.deepEqual(bare(linuxPci.parse([{ source: 'sys', text }])), {
    ...noNvidia,
    'gpu.on_bus': [{ pci: '0000:03:00.0', vendor: 'amd', device_id: '1002:744c', driver: 'amdgpu' }],
    'amd.driver': 'amdgpu',
    'amd.gpus': [
      {
        ...amdCard,
        pci: '0000:03:00.0',
        vram_total_bytes: 1,
        vram_used_bytes: 2,
        gtt_total_bytes: 3,
        gtt_used_bytes: 4,
        visible_vram_bytes: 5,
        utilization: 0.06,
        device_id: '1002:744c',
      },
    ],
  });
});
