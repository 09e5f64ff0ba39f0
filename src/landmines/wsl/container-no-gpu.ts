import { knownValue } from '../../contract/machine/fact.ts';
import { sh, sudo } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';

export const containerNoGpu = landmine({
  code: 'container-no-gpu',
  title: 'The container was started without the GPU',
  group: 'wsl',
  severity: 'breaks',
  on: ['linux'],
  only: ['container', 'nvidia'],
  needs: ['os.container', 'nvidia.hardware_present', 'container.gpu_devices'],
  reads: ['container.rootless'],
  means: 'The machine has an NVIDIA GPU, and nothing in this container can open it.',
  story:
    'A container sees the PCI bus of its host and not the devices. They are handed over at its start: by the NVIDIA Container Toolkit, ' +
    'which since 1.18 keeps a CDI description of the devices up to date by itself. CDI works for Docker 25 and newer, for Podman, and for ' +
    'rootless containers. In Kubernetes the device plugin does it, and the pod asks with a limit nvidia.com/gpu.',
  sources: [vendor('NVIDIA, container toolkit documentation and change log', '2026-08')],
  example: {
    'os.family': 'linux',
    'os.container': 'podman',
    'nvidia.hardware_present': true,
    'container.gpu_devices': [],
    'container.rootless': true,
  },
  counterExample: {
    'os.family': 'linux',
    'os.container': 'docker',
    'nvidia.hardware_present': true,
    'container.gpu_devices': ['/dev/nvidia0', '/dev/nvidiactl'],
  },
  judge({ 'os.container': container, 'nvidia.hardware_present': present, 'container.gpu_devices': devices }, facts) {
    if (container === 'none' || !present) return 'not-applicable';
    if (devices.some((device) => /nvidia(\d|ctl)|dxg/.test(device))) return 'ok';
    return {
      seen: `This is a container (${container}); an NVIDIA GPU is on the PCI bus, and no /dev/nvidia* is here.`,
      remedy: containerRemedy(container, knownValue(facts['container.rootless']) === true),
      effect: { kind: 'no-backend', backend: 'cuda' },
    };
  },
});

function containerRemedy(container: string, rootless: boolean) {
  if (container === 'kubernetes')
    return ['Install the NVIDIA device plugin, and ask for the GPU in the pod: resources.limits: nvidia.com/gpu: 1'];
  if (container === 'lxc' || container === 'nspawn')
    return [
      'Give the container /dev/nvidia0, /dev/nvidiactl and /dev/nvidia-uvm, and the user-space libraries of exactly the driver of the host.',
    ];
  if (container === 'podman')
    return [
      `On the host, install nvidia-container-toolkit, then${rootless ? ' (as this user)' : ''}:`,
      sh('podman run --device nvidia.com/gpu=all --security-opt label=disable'),
    ];
  return [
    'On the host, install nvidia-container-toolkit, then:',
    sudo('nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker'),
    sh('docker run --gpus all ...'),
  ];
}
